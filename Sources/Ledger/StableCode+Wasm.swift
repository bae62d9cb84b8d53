// SPDX-License-Identifier: Apache-2.0

/// Why a contract's module is not accepted. The facts behind the colon are the byte and, where one is meant, the name.
/// - Spec: WASM-3; the floor Wasm gives the numbers, docs/spec/wasm.md the rules behind them.
extension StableCode {
    package static let wasm: [StableCode] = wasmBytes + wasmValidity + wasmSubset + wasmLimits + wasmInterface

    // No module at all, or a damaged one.
    private static let wasmBytes: [StableCode] = [
        StableCode(
            2501, "the file is no WebAssembly module of version 1",
            zh: "文件不是 WebAssembly 第 1 版模块",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2502, "the module ends in the middle of something",
            zh: "模块内容不完整",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2503, "a number is longer than its width allows",
            zh: "数值编码超出其位宽",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2504, "a section has an unknown number",
            zh: "存在未知编号的段",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2505, "a section stands twice or in the wrong place",
            zh: "某段重复或次序错误",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2506, "a section is longer or shorter than it says",
            zh: "段的实际长度与声明不符",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2507, "a text is not UTF-8",
            zh: "文本不是 UTF-8",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2508, "a byte is not one of those that may stand there",
            zh: "某字节不在允许的取值之内",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2509, "an instruction is unknown",
            zh: "存在未知指令",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2510, "two sections differ on how many things there are",
            zh: "两个段声明的数量不一致",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
        StableCode(
            2511, "a function's body is longer or shorter than it says",
            zh: "函数体的实际长度与声明不符",
            fix: "send the file as the compiler wrote it",
            zh: "请发送编译器生成的原始文件"),
    ]

    // Refused by WebAssembly itself.
    private static let wasmValidity: [StableCode] = [
        StableCode(
            2521, "an index names nothing",
            zh: "序号没有对应的对象",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2522, "an instruction finds an operand of another type",
            zh: "指令的操作数类型不符",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2523, "an instruction finds no operand",
            zh: "指令缺少操作数",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2524, "operands are left where a block ends",
            zh: "块结束时仍有多余的操作数",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2525, "an if that gives a value has no else",
            zh: "有返回值的 if 缺少 else",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2526, "an else belongs to no if",
            zh: "else 没有对应的 if",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2527, "the labels of a branch table carry different types",
            zh: "分支表各目标的类型不一致",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2528, "an immutable global is written",
            zh: "写入了不可变的全局变量",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2529, "an access claims a larger alignment than it has bytes",
            zh: "内存访问声明的对齐大于其宽度",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2530, "an initial value is not one constant of its type",
            zh: "初始值不是所需类型的单个常量",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2531, "two exports have one name",
            zh: "两个导出项同名",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2532, "the bounds of a memory or table contradict each other",
            zh: "内存或表的上下限相互矛盾",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
        StableCode(
            2533, "data segments are used without a count of them",
            zh: "使用数据段而未声明其数量",
            fix: "report it to whoever makes your compiler; wasm-validate of wabt says the same",
            zh: "请联系编译器的提供方；可用 wabt 的 wasm-validate 复核"),
    ]

    // WebAssembly, but not the part of it that contracts may use.
    private static let wasmSubset: [StableCode] = [
        StableCode(
            2541, "floating-point numbers are used",
            zh: "使用了浮点数",
            fix: "use whole numbers: amounts in the smallest unit, shares in parts per ten thousand",
            zh: "请使用整数：金额以最小单位计，比例以万分之几计"),
        StableCode(
            2542, "vector instructions are used",
            zh: "使用了向量（SIMD）指令",
            fix: "build for WebAssembly 1.0 with bulk memory and sign extension alone, as the kit does",
            zh: "请仅以 WebAssembly 1.0、bulk memory 与 sign extension 为目标构建，开发包即如此"),
        StableCode(
            2543, "threads, shared memory or atomic instructions are used",
            zh: "使用了线程、共享内存或原子指令",
            fix: "build for WebAssembly 1.0 with bulk memory and sign extension alone, as the kit does",
            zh: "请仅以 WebAssembly 1.0、bulk memory 与 sign extension 为目标构建，开发包即如此"),
        StableCode(
            2544, "reference types are used",
            zh: "使用了引用类型",
            fix: "build for WebAssembly 1.0 with bulk memory and sign extension alone, as the kit does",
            zh: "请仅以 WebAssembly 1.0、bulk memory 与 sign extension 为目标构建，开发包即如此"),
        StableCode(
            2545, "a function or block takes or gives more than one value in a way WebAssembly 1.0 has not",
            zh: "函数或块使用了 WebAssembly 1.0 之外的多值形式",
            fix: "build for WebAssembly 1.0 with bulk memory and sign extension alone, as the kit does",
            zh: "请仅以 WebAssembly 1.0、bulk memory 与 sign extension 为目标构建，开发包即如此"),
        StableCode(
            2546, "a later addition to WebAssembly is used",
            zh: "使用了 WebAssembly 的后续扩展",
            fix: "build for WebAssembly 1.0 with bulk memory and sign extension alone, as the kit does",
            zh: "请仅以 WebAssembly 1.0、bulk memory 与 sign extension 为目标构建，开发包即如此"),
        StableCode(
            2547, "the module has a start function",
            zh: "模块含有 start 函数",
            fix: "do in jd_init what must be done first",
            zh: "请将初始化工作放入 jd_init"),
        StableCode(
            2548, "something other than a function is imported",
            zh: "导入了函数以外的对象",
            fix: "import functions alone; have a memory and table of your own",
            zh: "只能导入函数；内存与表请自行定义"),
        StableCode(
            2549, "the module has a second memory",
            zh: "模块含有第二个内存",
            fix: "keep one memory",
            zh: "请只保留一个内存"),
        StableCode(
            2550, "the module has a second table",
            zh: "模块含有第二个表",
            fix: "keep one table",
            zh: "请只保留一个表"),
    ]

    // Too much of something.
    private static let wasmLimits: [StableCode] = [
        StableCode(
            2551, "the module is too large",
            zh: "模块过大",
            fix: "build for size (-Osize), strip names, or split the contract",
            zh: "请按体积优化（-Osize）、去除名称段，或拆分合约"),
        StableCode(
            2552, "the module has too many functions",
            zh: "函数过多",
            fix: "split the contract",
            zh: "请拆分合约"),
        StableCode(
            2553, "a function has too many parameters or locals",
            zh: "函数的参数或局部变量过多",
            fix: "split the function; keep large values in memory",
            zh: "请拆分函数；较大的数据请放在内存中"),
        StableCode(
            2554, "blocks are nested too deeply",
            zh: "块嵌套过深",
            fix: "split the function",
            zh: "请拆分函数"),
        StableCode(
            2555, "too many operands stand at a time",
            zh: "同时存在的操作数过多",
            fix: "split the expression",
            zh: "请拆分表达式"),
        StableCode(
            2556, "a branch table has too many labels",
            zh: "分支表的目标过多",
            fix: "split the switch",
            zh: "请拆分 switch"),
        StableCode(
            2557, "the table is too large",
            zh: "表过大",
            fix: "use fewer functions by address",
            zh: "请减少以地址引用的函数"),
        StableCode(
            2558, "the memory is too large at the start",
            zh: "初始内存过大",
            fix: "start with a smaller memory and let it grow; give the linker a smaller stack",
            zh: "请减小初始内存、按需增长；请为链接器指定较小的栈"),
        StableCode(
            2559, "there is too much of something",
            zh: "某项数量过多",
            fix: "stay within the limits in docs/spec/wasm.md",
            zh: "请遵守 docs/spec/wasm.md 中的限制"),
        StableCode(
            2560, "compiling the module would take too long",
            zh: "编译该模块耗时过长",
            fix: "split large functions with many locals and branches",
            zh: "请拆分局部变量与分支众多的大函数"),
        StableCode(
            2561, "initial data lies outside the memory",
            zh: "初始数据超出内存范围",
            fix: "build with a linker that knows the memory's size, as the kit does",
            zh: "请使用了解内存大小的链接器构建，开发包即如此"),
        StableCode(
            2562, "an initial element lies outside the table",
            zh: "初始元素超出表的范围",
            fix: "build with a linker that knows the memory's size, as the kit does",
            zh: "请使用了解内存大小的链接器构建，开发包即如此"),
        StableCode(
            2563, "a name is reserved, too long or not plain ASCII",
            zh: "名称属于保留名称、过长或不是普通 ASCII",
            fix: "use at most 128 printable ASCII characters, and not jd_gas or jd_depth",
            zh: "请使用至多 128 个可打印 ASCII 字符，且不得为 jd_gas 或 jd_depth"),
    ]

    // What a contract and its host must have in common.
    private static let wasmInterface: [StableCode] = [
        StableCode(
            2564, "the module wants a function that the host has not",
            zh: "模块导入了宿主没有的函数",
            fix: "import only the functions in docs/spec/wasm.md from the module jd",
            zh: "只能从模块 jd 导入规定的函数"),
        StableCode(
            2565, "an imported function has another type",
            zh: "导入函数的类型不符",
            fix: "declare it as the kit does",
            zh: "请按开发包中的声明导入"),
        StableCode(
            2566, "an export is missing",
            zh: "缺少必需的导出项",
            fix: "export it; the kit's build does so by itself",
            zh: "请导出该项；开发包的构建会自动完成"),
        StableCode(
            2567, "an export is of another kind or type",
            zh: "导出项的种类或类型不符",
            fix: "give it the type () -> (), or export the memory under its name",
            zh: "请将其类型改为 () -> ()；内存请按规定名称导出"),
        StableCode(
            2568, "an export is none of those that are known",
            zh: "存在未知的导出项",
            fix: "do not export it",
            zh: "请不要导出该项"),
    ]
}
