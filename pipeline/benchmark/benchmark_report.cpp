#include "pipeline/benchmark/benchmark_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/machine/processor.h"
#include "base/text/json_text.h"
#include "models/network/machine_kernels.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

std::string word_of(Precision precision) {
  for (const auto& [value, word] : config::EnumNames<Precision>::names) {
    if (value == precision) return std::string(word);
  }
  return {};
}

// Processors busy on average.
double processors_busy(const Measurement& measurement) {
  return measurement
      .over([](const Round& round) {
        return round.summary.seconds > 0 ? round.processor_seconds / round.summary.seconds : 0;
      })
      .median;
}

double mebibytes(const Measurement& measurement) {
  return measurement.over([](const Round& round) { return static_cast<double>(round.peak_bytes); }).median /
         (1 << 20);
}

Json stage_json(const StageSummary& stage) {
  Json json{{"calls", stage.calls}, {"mean_ms", mean_ms(stage)}};
  json["ms"] = {
      {"p50", stage.p50_ms}, {"p90", stage.p90_ms}, {"p99", stage.p99_ms}, {"p99.9", stage.p999_ms}};
  return json;
}

Json cost_json(const NetworkCost& network) {
  return {{"node", network.node},
          {"macs_per_second", network.cost.as_it_runs},
          {"macs_per_second_whole_windows", network.cost.whole_windows}};
}

Json json_of(const Measurement& measurement) {
  Json stages = Json::object();
  for (const StageSummary& stage : measurement.stages()) stages[stage.name] = stage_json(stage);
  Json networks = Json::array();
  for (const NetworkCost& network : measurement.networks) networks.push_back(cost_json(network));
  const Summary& first = measurement.rounds.front().summary;
  const Spread windows = measurement.windows_per_second();
  return {{"config", measurement.config},
          {"rounds", measurement.rounds.size()},
          {"seconds", measurement.over([](const Round& round) { return round.summary.seconds; }).median},
          {"frames", first.frames()},
          {"windows", first.windows()},
          {"dropped", first.dropped()},
          {"failed", first.failed()},
          {"windows_per_second", windows.median},
          {"windows_per_second_spread", {windows.least, windows.most}},
          {"noisy", measurement.noisy()},
          {"frames_per_second",
           measurement.over([](const Round& round) { return round.summary.frames_per_second(); }).median},
          {"latency_ms",
           {{"p50", measurement.latency_ms(&StageSummary::p50_ms)},
            {"p90", measurement.latency_ms(&StageSummary::p90_ms)},
            {"p99", measurement.latency_ms(&StageSummary::p99_ms)},
            {"p99.9", measurement.latency_ms(&StageSummary::p999_ms)}}},
          {"stages", stages},
          {"networks", networks},
          {"processors_busy", processors_busy(measurement)},
          {"peak_mib", mebibytes(measurement)},
          {"precision", word_of(measurement.options.precision)},
          {"kernels", kernels_text(measurement.options.kernels.get())},
          {"threads", measurement.options.threads},
          {"workers", measurement.options.workers},
          {"processor", processor_name()}};
}

std::string costs_text(const std::vector<NetworkCost>& costs) {
  std::string text;
  for (const auto& [node, cost] : costs) {
    text += fmt::format("  {:<18} {:>9.1f} million multiply-accumulates a second of each stream", node,
                        cost.as_it_runs / 1e6);
    if (cost.as_it_runs < cost.whole_windows)
      text += fmt::format("; whole windows at that hop: {:.1f} million, {:.1f} times as many",
                          cost.whole_windows / 1e6, cost.whole_windows / cost.as_it_runs);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string measurement_text(const Measurement& measurement) {
  std::string text = measurement.config + "\n";
  for (const StageSummary& stage : measurement.stages()) {
    text += fmt::format("  {:<18} {:>9.3f} ms   p50 {:>9.3f}   p99 {:>9.3f}   × {}\n", stage.name,
                        mean_ms(stage), stage.p50_ms, stage.p99_ms, stage.calls);
  }
  const Summary& first = measurement.rounds.front().summary;
  const Spread windows = measurement.windows_per_second();
  text += fmt::format("  {:<18} {:>9.2f} /s   {} in {:.2f} s, {} dropped, {} failed\n", "windows",
                      windows.median, first.windows(), first.seconds, first.dropped(), first.failed());
  if (measurement.rounds.size() > 1)
    text += fmt::format("  {:<18} {:>9.2f} to {:.2f} /s over {} rounds{}\n", "", windows.least, windows.most,
                        measurement.rounds.size(),
                        measurement.noisy() ? ": noisy, close other programs or ask for more --rounds" : "");
  text += fmt::format("  {:<18} {:>9.1f} /s   {}\n", "frames",
                      measurement.over([](const Round& r) { return r.summary.frames_per_second(); }).median,
                      first.frames());
  text += fmt::format(
      "  {:<18} p50 {:.1f} ms   p90 {:.1f}   p99 {:.1f}   p99.9 {:.1f}   from the newest frame to the "
      "result\n",
      "latency", measurement.latency_ms(&StageSummary::p50_ms), measurement.latency_ms(&StageSummary::p90_ms),
      measurement.latency_ms(&StageSummary::p99_ms), measurement.latency_ms(&StageSummary::p999_ms));
  text += fmt::format("  {:<18} {:.2f} processors busy, {:.0f} MiB at the most\n", "machine",
                      processors_busy(measurement), mebibytes(measurement));
  return text + costs_text(measurement.networks);
}

std::string measurement_json(const Measurement& measurement) { return json_text(json_of(measurement)); }

std::string comparison_table(const std::vector<Measurement>& measurements) {
  std::string text =
      "| pipeline | windows/s | least to most | ÷ first | p50 ms | p99 ms | processors | MiB |\n"
      "|---|---|---|---|---|---|---|---|\n";
  const double base = measurements.empty() ? 0 : measurements.front().windows_per_second().median;
  for (const Measurement& measurement : measurements) {
    const Spread windows = measurement.windows_per_second();
    text += fmt::format(
        "| {} | {:.2f} | {:.2f}–{:.2f}{} | {} | {:.1f} | {:.1f} | {:.2f} | {:.0f} |\n", measurement.config,
        windows.median, windows.least, windows.most, measurement.noisy() ? " noisy" : "",
        base > 0 ? fmt::format("{:.2f}", windows.median / base) : "",
        measurement.latency_ms(&StageSummary::p50_ms), measurement.latency_ms(&StageSummary::p99_ms),
        processors_busy(measurement), mebibytes(measurement));
  }
  return text;
}

void check_report_name(const std::filesystem::path& file) {
  const std::string suffix = file.extension().string();
  if (suffix != ".json" && suffix != ".md" && suffix != ".html")
    throw UsageError("--output " + file.string() + ": expected a name that ends in .json, .md or .html");
}

void write_report(const std::filesystem::path& file, const std::vector<Measurement>& measurements) {
  const std::string suffix = file.extension().string();
  if (suffix == ".html") return replace_file(file, comparison_page(measurements));
  if (suffix == ".json") {
    Json list = Json::array();
    for (const Measurement& measurement : measurements) list.push_back(json_of(measurement));
    return replace_file(file, json_text(list, 1) + "\n");
  }
  std::string text =
      fmt::format("Medians of rounds in turn: {}; {}.\n\n",
                  measurements.empty() ? 0 : measurements.front().rounds.size(), processor_name());
  replace_file(file, text + comparison_table(measurements));
}

}  // namespace actionflow
