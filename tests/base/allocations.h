// What this program has asked of operator new: a measure of work and memory that is the same on every
// machine.
#pragma once

#include <cstddef>

namespace actionflow::testing {

// Counts the calling thread's allocations from its making on.
class Allocations {
 public:
  Allocations();
  std::size_t count() const;
  // The most bytes in use at one time, beyond those in use at the start.
  std::size_t peak_bytes() const;

 private:
  std::size_t count_, bytes_;
};

}  // namespace actionflow::testing
