#include "base/random.h"

#include <cmath>
#include <numbers>

#include "base/hash.h"

namespace actionflow {

namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kStep0 = 0x9E3779B9;  // golden ratio
constexpr std::uint32_t kStep1 = 0xBB67AE85;  // √3 − 1
constexpr int kRounds = 10;

constexpr std::uint32_t high(std::uint64_t product) { return static_cast<std::uint32_t>(product >> 32); }
constexpr std::uint32_t low(std::uint64_t product) { return static_cast<std::uint32_t>(product); }

// The finaliser of SplitMix64: every bit of the input moves every bit of the result.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1), high(product0) ^ counter[3] ^ key[1],
               low(product0)};
    key = {key[0] + kStep0, key[1] + kStep1};
  }
  return counter;
}

Random::Random(std::uint64_t seed, std::string_view purpose, std::uint32_t epoch, std::uint64_t index)
    : key_{}, counter_{0, epoch, low(index), high(index)} {
  const std::uint64_t key = mix(seed ^ mix(fnv1a(purpose)));
  key_ = {low(key), high(key)};
}

std::uint32_t Random::bits() {
  if (used_ == block_.size()) {
    block_ = philox(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t Random::bits64() {
  const std::uint64_t first = bits();
  return (first << 32) | bits();
}

float Random::uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24F; }

double Random::uniform_double() { return static_cast<double>(bits64() >> 11) * 0x1p-53; }

// Lemire, "Fast random integer generation in an interval", 2019.
std::uint64_t Random::below(std::uint64_t count) {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t rejected = -count % count;
  Wide product = Wide{bits64()} * count;
  while (static_cast<std::uint64_t>(product) < rejected) product = Wide{bits64()} * count;
  return static_cast<std::uint64_t>(product >> 64);
}

// Box and Muller; the second of the pair is not kept, so that draws stay countable.
double Random::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform_double()));
  return radius * std::cos(2 * std::numbers::pi * uniform_double());
}

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes below 1 by the
// boost that stands there.
double Random::gamma(double shape) {
  if (shape < 1) {
    const double larger = gamma(shape + 1);
    return larger * std::pow(1 - uniform_double(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v <= 0) continue;
    if (std::log(1 - uniform_double()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

double Random::beta(double a, double b) {
  const double x = gamma(a), y = gamma(b);
  // Both are zero where tiny shapes underflow: then it lies at one of the ends.
  if (x + y <= 0) return chance(a / (a + b)) ? 1 : 0;
  return x / (x + y);
}

}  // namespace actionflow
