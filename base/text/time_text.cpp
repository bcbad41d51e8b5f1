#include "base/text/time_text.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <regex>
#include <string>

namespace actionflow {

namespace {

constexpr double kNsPerSecond = 1e9;
constexpr std::size_t kLongest = 64;

double unit_seconds(const std::string& unit) {
  if (unit == "s") return 1;
  if (unit == "min") return 60;
  return unit == "h" ? 3600 : 86400;
}

std::optional<std::int64_t> time_ago(const std::string& text, std::int64_t now_ns) {
  static const std::regex form(R"((\d{1,9}) ?(s|min|h|d))");
  std::smatch part;
  if (!std::regex_match(text, part, form)) return std::nullopt;
  const double ns = std::stod(part[1]) * unit_seconds(part[2]) * kNsPerSecond;
  return ns < static_cast<double>(now_ns) ? now_ns - static_cast<std::int64_t>(ns) : 0;
}

int digits(const std::ssub_match& part) { return part.matched ? std::stoi(part) : 0; }

int zone_minutes(const std::smatch& part) {
  if (!part[9].matched) return 0;
  const int minutes = 60 * digits(part[10]) + digits(part[11]);
  return part[9] == "-" ? -minutes : minutes;
}

}  // namespace

std::optional<std::int64_t> time_of(std::string_view view, std::int64_t now_ns) {
  namespace chrono = std::chrono;
  if (view.size() > kLongest) return std::nullopt;
  const std::string text(view);
  if (const auto ago = time_ago(text, now_ns)) return ago;
  static const std::regex form(
      R"((\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|([+-])(\d\d):(\d\d))?)?)");
  std::smatch part;
  if (!std::regex_match(text, part, form)) return std::nullopt;
  const chrono::year_month_day day{chrono::year(digits(part[1])),
                                   chrono::month(static_cast<unsigned>(digits(part[2]))),
                                   chrono::day(static_cast<unsigned>(digits(part[3])))};
  const int hour = digits(part[4]);
  const int minute = digits(part[5]);
  const int second = digits(part[6]);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = chrono::sys_days(day).time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + hour * 3600 + (minute - zone_minutes(part)) * 60 + second;
  const double rest = part[7].matched ? std::stod("0" + part[7].str()) : 0;
  // Nothing was before 1970, and nothing is after 2262, where nanoseconds end.
  constexpr std::int64_t kLastSecond = 9'223'372'035;
  return std::clamp<std::int64_t>(seconds, 0, kLastSecond) * static_cast<std::int64_t>(kNsPerSecond) +
         std::llround(rest * kNsPerSecond);
}

}  // namespace actionflow
