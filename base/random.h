// Random numbers as a function of where they are used, never of threads or of what was drawn before.
//
//   Random random(seed, "crop", epoch, sample);
//   int x = random.below(width);
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011):
// the key is seed and purpose, the counter epoch, index and the number of draws. The distributions
// are our own, since those of std:: differ between libraries. Equal arguments give equal numbers on
// every machine. A Random is a small value; each thread makes its own.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace actionflow {

// One block of the generator.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

class Random {
 public:
  Random(std::uint64_t seed, std::string_view purpose, std::uint32_t epoch = 0, std::uint64_t index = 0);

  std::uint32_t bits();
  std::uint64_t bits64();
  // In [0, 1), one of 2^24 values.
  float uniform();
  // In [0, 1), one of 2^53 values.
  double uniform_double();
  double uniform(double low, double high) { return low + (high - low) * uniform_double(); }
  // In [0, count), all equally likely. Requires count > 0.
  std::uint64_t below(std::uint64_t count);
  // Mean 0, variance 1.
  double normal();
  // Of the Gamma distribution with this shape, scale 1: mean and variance are `shape`. Requires shape > 0.
  double gamma(double shape);
  // Of the Beta distribution, in [0, 1]. Requires both above 0.
  double beta(double a, double b);
  // True with this probability.
  bool chance(double probability) { return uniform_double() < probability; }

  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
};

}  // namespace actionflow
