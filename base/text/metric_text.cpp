#include "base/text/metric_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/utf8.h"

namespace actionflow {

namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\') {
      safe += "\\\\";
    } else if (c == '\n') {
      safe += "\\n";
    } else if (c == '"' && quotes) {
      safe += "\\\"";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string shown(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string sample(std::string_view name, const MetricText::Labels& labels, const std::string& value) {
  std::string list;
  for (const auto& [key, text] : labels)
    list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", key, escaped(printable(text), true));
  return fmt::format("{}{} {}\n", name, list.empty() ? "" : "{" + list + "}", value);
}

}  // namespace

std::string& MetricText::family(std::string_view name, std::string_view help, std::string_view type) {
  const auto known =
      std::find_if(families_.begin(), families_.end(), [&](const Family& one) { return one.name == name; });
  if (known != families_.end()) return known->text;
  families_.push_back({std::string(name),
                       fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, false), name, type)});
  return families_.back().text;
}

void MetricText::counter(std::string_view name, std::string_view help, double value, const Labels& labels) {
  family(name, help, "counter") += sample(name, labels, shown(value));
}

void MetricText::gauge(std::string_view name, std::string_view help, double value, const Labels& labels) {
  family(name, help, "gauge") += sample(name, labels, shown(value));
}

void MetricText::histogram(std::string_view name, std::string_view help, const Histogram& histogram,
                           const Labels& labels) {
  std::string& text = family(name, help, "histogram");
  const std::string bucket = std::string(name) + "_bucket";
  Labels bounded = labels;
  bounded.emplace_back("le", "");
  for (const auto& [bound, count] : histogram.buckets) {
    bounded.back().second = shown(bound);
    text += sample(bucket, bounded, std::to_string(count));
  }
  bounded.back().second = "+Inf";
  text += sample(bucket, bounded, std::to_string(histogram.count));
  text += sample(std::string(name) + "_sum", labels, shown(histogram.sum));
  text += sample(std::string(name) + "_count", labels, std::to_string(histogram.count));
}

std::string MetricText::str() const {
  std::string text;
  for (const Family& one : families_) text += one.text;
  return text;
}

}  // namespace actionflow
