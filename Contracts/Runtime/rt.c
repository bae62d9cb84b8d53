// SPDX-License-Identifier: Apache-2.0
// What Embedded Swift asks of a C library, for a contract: an instance lives for one call, so memory is handed out upwards
// and all of it goes at once with the instance. No clock, no randomness, no output is to be had here.
typedef unsigned long size_t;
typedef unsigned char byte;

extern byte __heap_base;
static size_t top;

#define PAGE 65536ul

static size_t aligned(size_t value, size_t to) { return (value + to - 1) & ~(to - 1); }

static void *take(size_t size, size_t alignment) {
    if (!top) top = (size_t)&__heap_base;
    size_t start = aligned(top, alignment), end = start + size;
    if (end < start) __builtin_trap();
    size_t have = __builtin_wasm_memory_size(0) * PAGE;
    if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1) __builtin_trap();
    top = end;
    return (void *)start;
}

void *malloc(size_t size) { return take(size, 16); }

// Room for bytes, which need no alignment.
void *jd_room(size_t size) { return take(size, 1); }

int posix_memalign(void **out, size_t alignment, size_t size) {
    *out = take(size, alignment);
    return 0;
}

void free(void *pointer) { (void)pointer; }

// One instruction each, charged by length before it runs; the compiler would else turn these into calls of themselves.
void *memcpy(void *to, const void *from, size_t count) {
    __asm__ volatile("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.copy 0, 0" : : "r"(to), "r"(from), "r"(count) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t count) { return memcpy(to, from, count); }

void *memset(void *to, int value, size_t count) {
    __asm__ volatile("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.fill 0" : : "r"(to), "r"(value), "r"(count) : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const byte *l = left, *r = right;
    for (; count; count--, l++, r++)
        if (*l != *r) return *l - *r;
    return 0;
}

typedef unsigned long long word;

// The full product of two 128-bit numbers, modulo 2^128: what a checked multiplication of 64 bits is made of.
void __multi3(word out[2], word low, word high, word otherLow, word otherHigh) {
    const word mask = 0xffffffffull;
    word a = low & mask, b = low >> 32, c = otherLow & mask, d = otherLow >> 32;
    word ac = a * c, middle = b * c + (ac >> 32), cross = (middle & mask) + a * d;
    out[0] = (cross << 32) | (ac & mask);
    out[1] = b * d + (middle >> 32) + (cross >> 32) + low * otherHigh + high * otherLow;
}
