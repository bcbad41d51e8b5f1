// Copies of a file's bytes with a few random edits, the same ones from run to run.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <utility>

namespace actionflow::testing {

class DamagedBytes {
 public:
  explicit DamagedBytes(std::string good) : good_(std::move(good)) {}

  // With one to eight edits: a byte replaced or a bit of it turned, bytes put in, taken out or repeated
  // elsewhere.
  std::string next() {
    std::string bytes = good_;
    for (unsigned edits = 1 + random_() % kMostEdits; edits > 0 && !bytes.empty(); --edits) edit(bytes);
    return bytes;
  }

 private:
  static constexpr unsigned kMostEdits = 8, kMostBytes = 9, kMostRepeated = 64;

  void edit(std::string& bytes) {
    const std::size_t at = random_() % bytes.size();
    switch (random_() % 5) {
      case 0:
        bytes[at] = static_cast<char>(random_());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random_() % 8)));
        break;
      case 2: {
        const std::size_t count = 1 + random_() % kMostBytes;
        bytes.insert(at, count, static_cast<char>(random_()));
        break;
      }
      case 3:
        bytes.erase(at, 1 + random_() % kMostBytes);
        break;
      default: {
        const std::size_t from = random_() % bytes.size();
        bytes.insert(at, bytes.substr(from, random_() % kMostRepeated));
      }
    }
  }

  const std::string good_;
  std::mt19937 random_{20260101};
};

}  // namespace actionflow::testing
