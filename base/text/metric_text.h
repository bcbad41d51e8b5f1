// Metrics as Prometheus reads them: its text exposition format, 0.0.4.
//
//   MetricText text;
//   text.counter("actionflow_frames_total", "frames decoded", 42, {{"stream", "door"}});
//   text.str();   // "# HELP actionflow_frames_total frames decoded\n# TYPE … counter\n…{stream="door"} 42\n"
//
// Samples of one name stand together, under one HELP and TYPE, in the order in which names first come. Names
// are the caller's to keep valid: base units, counters end in _total. Label values may hold anything. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actionflow {

class MetricText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  void counter(std::string_view name, std::string_view help, double value, const Labels& labels = {});
  void gauge(std::string_view name, std::string_view help, double value, const Labels& labels = {});

  struct Histogram {
    std::vector<std::pair<double, std::int64_t>> buckets;  // upper bound, and how many are not above it
    std::int64_t count = 0;
    double sum = 0;
  };
  void histogram(std::string_view name, std::string_view help, const Histogram& histogram,
                 const Labels& labels = {});

  std::string str() const;

 private:
  struct Family {
    std::string name;
    std::string text;
  };
  std::string& family(std::string_view name, std::string_view help, std::string_view type);

  std::vector<Family> families_;
};

}  // namespace actionflow
