#pragma once

// mallopt(3) and M_ARENA_MAX, which Swift's Glibc module leaves out. The header itself would declare
// malloc(3) once more.
extern int cmalloc_set(int option, int value) __asm__("mallopt");

enum { CMALLOC_HEAPS_MAX = -8 };
