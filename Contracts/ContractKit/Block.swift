// SPDX-License-Identifier: Apache-2.0

/// The block a call runs in: the only time there is.
public enum Block {
    public static var height: UInt64 { Host.number(0) }

    public static var time: Moment { Moment(Host.number(1)) }

    public static var chain: Text { Caller.text(5) }

    /// This contract's name on its chain.
    public static var contract: Text { Caller.text(0) }
}
