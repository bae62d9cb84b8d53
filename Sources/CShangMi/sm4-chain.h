// SPDX-License-Identifier: Apache-2.0
// Cipher block chaining, which goes block after block: one block in the first lane of four vectors, the others idle.
// Included once a path, with VECTOR (of four lanes), NAME and SUBSTITUTE defined.

void NAME(const uint32_t keys[32], const uint8_t vector[16], uint8_t *bytes, size_t blocks) {
    VECTOR chain;
    __builtin_memcpy(&chain, vector, 16);
    chain = swap4(chain);
    for (; blocks > 0; blocks--, bytes += 16) {
        VECTOR block;
        __builtin_memcpy(&block, bytes, 16);
        block = swap4(block) ^ chain;
        VECTOR a = __builtin_shufflevector(block, block, 0, 0, 0, 0);
        VECTOR b = __builtin_shufflevector(block, block, 1, 1, 1, 1);
        VECTOR c = __builtin_shufflevector(block, block, 2, 2, 2, 2);
        VECTOR d = __builtin_shufflevector(block, block, 3, 3, 3, 3);
        for (int round = 0; round < 32; round += 4) {
            MIX(a, b, c, d, keys[round]);
            MIX(b, c, d, a, keys[round + 1]);
            MIX(c, d, a, b, keys[round + 2]);
            MIX(d, a, b, c, keys[round + 3]);
        }
        chain = LOW64_4(LOW32_4(d, c), LOW32_4(b, a));
        block = swap4(chain);
        __builtin_memcpy(bytes, &block, 16);
    }
}
