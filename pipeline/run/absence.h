// How long a live source has been away, told now and then: after 1, 10 and 60 minutes, then each hour.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace actionflow {

class Absence {
 public:
  explicit Absence(std::int64_t since_ns = 0) : since_ns_(since_ns) {}

  // Whole minutes that it has been away, where that is to be told now; once for each of the times that
  // passed.
  std::optional<std::int64_t> due(std::int64_t now_ns);
  // It was told at least once, so that its end is to be told, too: how long it was.
  std::optional<std::int64_t> told(std::int64_t now_ns) const;
  // "10 min", "2 h".
  static std::string text(std::int64_t minutes);

 private:
  std::int64_t since_ns_;
  std::int64_t next_minutes_ = 1;
};

}  // namespace actionflow
