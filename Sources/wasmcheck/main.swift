// SPDX-License-Identifier: Apache-2.0
import Foundation

exit(ModuleChecker(Array(CommandLine.arguments.dropFirst())).run())
