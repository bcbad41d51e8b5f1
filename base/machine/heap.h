// What the C library's allocator keeps of memory that was freed. For glibc.
#pragma once

namespace actionflow {

// To be called first in main(), before there is a second thread. By default each thread allocates from a heap
// of its own, and what a stream's decoder and clips take is allocated by whichever worker is free: in time
// every heap has grown to what all streams together need. With one heap the same memory is used again. Its
// lock is rarely waited for: each thread keeps small blocks of its own, and big ones are few beside the work
// on their pixels.
void use_one_heap();

// Gives free pages back to the system. For after something rare and big, such as opening a camera anew;
// takes milliseconds. From any thread.
void give_back_free_memory();

}  // namespace actionflow
