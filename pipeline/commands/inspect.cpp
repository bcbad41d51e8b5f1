#include "models/description/inspect.h"
#include "base/text/json_text.h"
#include "models/weights/initial_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/log/log.h"
#include "models/description/sharing_report.h"
#include "models/inspection/network_drawing.h"
#include "models/inspection/network_page.h"
#include "models/network/machine_kernels.h"
#include "models/plan/kernel_measurement.h"
#include "pipeline/commands/arguments/network_flags.h"
#include "pipeline/commands/commands.h"
#include "pipeline/commands/weights_report.h"

namespace actionflow {
namespace {

bool is_measured(const PlanStep& step) {
  return !step.candidates.empty() && step.candidates.front().milliseconds > 0;
}

// What the implementation was chosen from, where there was a choice.
std::string choice(const PlanStep& step) {
  if (step.candidates.empty()) return {};
  std::vector<std::string> candidates;
  for (const kernels::MeasuredCandidate& one : step.candidates)
    candidates.push_back(
        is_measured(step) ? fmt::format("{} {:.3f} ms, error {:.0e}", one.name, one.milliseconds, one.error)
                          : one.name);
  return fmt::format("  ({} {})", is_measured(step) ? "measured:" : "the first that fits of",
                     fmt::join(candidates, is_measured(step) ? "; " : ", "));
}

void add_candidates(const PlanStep& step, nlohmann::ordered_json& to) {
  to["candidates"] = nlohmann::ordered_json::array();
  for (const kernels::MeasuredCandidate& one : step.candidates) {
    to["candidates"].push_back(one.name);
    if (is_measured(step))
      to["measured"][one.name] = {{"milliseconds", one.milliseconds}, {"error", one.error}};
  }
}

void print_plan_table(const std::vector<PlanStep>& steps) {
  std::size_t widest = 4;
  for (const PlanStep& step : steps) widest = std::max(widest, step.name.size());
  double total = 0;
  for (const PlanStep& step : steps) {
    std::cout << fmt::format("{:>9.3f} ms  {:<{}}  {:<14}  {:<28}  {}{}\n", step.milliseconds, step.name,
                             widest, step.kind, step.implementation, step.layout, choice(step));
    total += step.milliseconds;
  }
  std::cout << fmt::format("{:>9.3f} ms  in {} steps, each timed alone, warm, median of 20\n", total,
                           steps.size());
}

nlohmann::ordered_json plan_json(const std::vector<PlanStep>& steps) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PlanStep& step : steps) {
    list.push_back({{"name", step.name},
                    {"kind", step.kind},
                    {"implementation", step.implementation},
                    {"layout", step.layout},
                    {"milliseconds", step.milliseconds}});
    add_candidates(step, list.back());
  }
  return list;
}

std::string describe(const EventThresholds& thresholds) {
  return fmt::format("begins at {:.3g}, is over below {:.3g}", thresholds.begin, thresholds.end);
}

std::string calibration_text(const Calibration& calibration) {
  std::string text =
      fmt::format("\ncalibration           chosen on {}\n",
                  calibration.chosen_on.empty() ? "what the file does not say" : calibration.chosen_on);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<20}{}\n", name, value);
  };
  if (calibration.temperature) line("temperature", fmt::format("{:.3g}", *calibration.temperature));
  if (calibration.none_below) line("\"none of these\"", fmt::format("below {:.3g}", *calibration.none_below));
  if (!calibration.events) return text;
  const EventCalibration& events = *calibration.events;
  line("an action", describe(events.thresholds));
  for (const auto& [name, thresholds] : events.classes) line(name, describe(thresholds));
  line("seconds", fmt::format("smoothed over {:.3g}, at least {:.3g} long, parted by {:.3g}, trail {:.3g}",
                              events.smooth, events.shortest, events.merge, events.trail));
  return text;
}

std::string int8_text(const Quantization& quantization) {
  const QuantizationLoss& loss = quantization.loss;
  std::string text = fmt::format("\nint8                  ranges from {}\n", quantization.chosen_on);
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<20}{}\n", name, value);
  };
  line("accuracy", fmt::format("{:.1f} %, in f32 {:.1f} %, of {} videos", loss.accuracy_int8 * 100,
                               loss.accuracy_f32 * 100, loss.clips));
  line("same answer", fmt::format("{:.1f} %", loss.agreement * 100));
  line("error of the logits", fmt::format("{:.1f} %", loss.error * 100));
  line("layers in f32", quantization.higher_precision.empty()
                            ? "none that could be in int8"
                            : fmt::format("{}", fmt::join(quantization.higher_precision, ", ")));
  return text;
}

// What `inspect --json` prints.
nlohmann::ordered_json network_json(const Model& model) {
  auto json = nlohmann::ordered_json::parse(layers_json(model.architecture));
  if (model.calibration)
    json["calibration"] = nlohmann::ordered_json::parse(print_calibration(*model.calibration));
  if (model.weights.quantization)
    json["quantization"] = nlohmann::ordered_json::parse(print_quantization(*model.weights.quantization));
  return json;
}

class Inspect : public Command {
 public:
  std::string name() const override { return "inspect"; }
  std::string summary() const override {
    return "layers, shapes, parameters, multiply-accumulates and memory of a network";
  }
  std::string files() const override {
    return "MODEL.yaml and key=value changes to it, left out where the weights hold the network; or weights "
           "alone";
  }

  void declare(CLI::App& app) override {
    flags_.declare(app);
    app.add_flag("--plan", plan_, "what runs: every step with its implementation, layout and milliseconds");
    app.add_flag(
        "--tune", tune_,
        "with --plan: times every kernel that could run a convolution, and keeps the fastest for what "
        "runs later, in the file that --kernels names, else in this machine's own");
    app.add_option("--hop", hop_, "with --plan: of windows so many samples apart, and what they share")
        ->check(CLI::Range(1, 65536).description(""))
        ->type_name("N");
    app.add_flag("--html", html_,
                 "a page on standard output: what each layer sees and costs, and how weights are spread");
    app.add_flag("--dot", dot_, "a drawing for Graphviz on standard output");
  }

  ExitCode run(const Arguments& arguments) override {
    if ((html_ && dot_) || ((html_ || dot_) && (plan_ || arguments.json)))
      throw UsageError("--html and --dot stand alone");
    if (tune_ && !plan_) throw UsageError("--tune stands beside --plan");
    if (tune_ && flags_.kernels && flags_.kernels->kind == KernelSetting::Kind::fixed)
      throw UsageError("--tune measures what --kernels fixed leaves aside, expected one of them");
    if (hop_ != 0 && !plan_) throw UsageError("--hop stands beside --plan");
    if (names_weights_only(arguments)) return look(arguments);
    return show(read(arguments), arguments);
  }

 private:
  bool names_weights_only(const Arguments& arguments) const {
    if (arguments.files.size() != 1 || !flags_.weights.empty() || !arguments.overrides.empty()) return false;
    const std::string suffix = std::filesystem::path(arguments.files.front()).extension().string();
    return !suffix.empty() && suffix != ".yaml" && suffix != ".yml" &&
           std::filesystem::is_regular_file(arguments.files.front());
  }

  ExitCode look(const Arguments& arguments) {
    const std::string& file = arguments.files.front();
    const FileContents contents = look_into(file);
    if (contents.model) return show(*contents.model, arguments);
    if (plan_ || html_ || dot_) throw NoArchitectureError(file);
    std::cout << (arguments.json ? weights_json(file, contents) + "\n" : weights_table(contents));
    return ExitCode::done;
  }

  ExitCode show(const Model& model, const Arguments& arguments) {
    if (plan_) return print_plan(model, arguments.json);
    if (html_) {
      std::cout << network_page(model.architecture, model.weights);
    } else if (dot_) {
      std::cout << network_dot(model.architecture);
    } else if (arguments.json) {
      std::cout << json_text(network_json(model)) << "\n";
    } else {
      std::cout << layer_table(model.architecture);
      if (model.calibration) std::cout << calibration_text(*model.calibration);
      if (model.weights.quantization) std::cout << int8_text(*model.weights.quantization);
    }
    return ExitCode::done;
  }

  // Without weights a plan runs on random ones: its times do not depend on their values.
  Model read(const Arguments& arguments) const {
    if (!flags_.weights.empty()) return flags_.load(arguments);
    Architecture architecture = load_architecture(only_file(arguments, "MODEL.yaml"), arguments.overrides);
    Weights weights = plan_ ? initial_weights(architecture, 0) : Weights{};
    if (flags_.precision == Precision::int8) weights.quantization = assumed_quantization(architecture.graph);
    return {std::move(architecture), std::move(weights)};
  }

  ExitCode print_plan(const Model& model, bool json) {
    const std::optional<SharingReport> sharing = sharing_of(model.architecture);
    const auto network = compiled(model, samples(model.architecture, sharing));
    const std::vector<PlanStep> steps = network->measure_plan();
    if (json) {
      auto whole = network_json(model);
      whole["kernels"] = kernels_;
      whole["plan"] = plan_json(steps);
      if (sharing) whole["windows"] = nlohmann::ordered_json::parse(sharing_json(*sharing));
      std::cout << json_text(whole) << "\n";
      return ExitCode::done;
    }
    print_plan_table(steps);
    std::cout << memory_line(*network) << kernels_line();
    if (sharing) std::cout << "\n" << sharing_table(*sharing);
    return ExitCode::done;
  }

  std::shared_ptr<const Network> compiled(const Model& model, std::int64_t samples) {
    const KernelSetting setting = flags_.kernels.value_or(KernelSetting{});
    if (tune_) return tuned(model, samples, setting);
    const auto choices = kernels_of(setting);
    kernels_ = kernels_text(choices.get());
    return flags_.compile(model, {.samples = samples, .kernels = choices});
  }

  // What was measured before stays in the file but for what this network asks for.
  std::shared_ptr<const Network> tuned(const Model& model, std::int64_t samples,
                                       const KernelSetting& setting) {
    const std::filesystem::path file =
        setting.kind == KernelSetting::Kind::file ? setting.file : machine_kernels_file();
    if (file.empty())
      throw UsageError(
          "--tune has no place for what it measures: neither XDG_CACHE_HOME nor HOME is set; "
          "--kernels FILE names one");
    standing_choices(file, setting);  // what is no such file is told before it takes long
    kernels::KernelChoices measured;
    const auto told = [](const std::string& key, const kernels::KernelChoice& choice) {
      log::info("{}: {}", key, choice.taken);
    };
    auto network = flags_.compile(model, {.samples = samples,
                                          .kernels = std::make_shared<KernelMeasurement>(
                                              flags_.resolved_threads(samples), measured, told)});
    kernels::KernelChoices choices = standing_choices(file, setting);
    choices.measured_on = machine_text();
    for (const auto& [key, choice] : measured.choices) choices.choices[key] = choice;
    choices.write(file);
    log::info("{} holds {} choices", file.string(), choices.choices.size());
    kernels_ = kernels_text(&choices);
    return network;
  }

  // This machine's own file, where it cannot be used, is begun anew; one that somebody names is theirs.
  static kernels::KernelChoices standing_choices(const std::filesystem::path& file,
                                                 const KernelSetting& setting) {
    if (setting.kind == KernelSetting::Kind::automatic) {
      const auto own = kernels_of(setting);
      return own == nullptr ? kernels::KernelChoices() : *own;
    }
    return std::filesystem::exists(file) ? kernels::KernelChoices::read(file) : kernels::KernelChoices();
  }

  std::string kernels_line() const {
    if (kernels_ != "fixed") return fmt::format("kernels: {}\n", kernels_);
    return "kernels: the first that fits; --tune times them all on this machine and keeps the fastest\n";
  }

  std::optional<SharingReport> sharing_of(const Architecture& architecture) const {
    if (hop_ == 0) return {};
    if (architecture.streams)
      throw UsageError("--hop is for networks over windows; '" + architecture.name +
                       "' is for streams and hears each sample once");
    return sharing_report(architecture, hop_);
  }

  // New ones of a call.
  std::int64_t samples(const Architecture& architecture, const std::optional<SharingReport>& sharing) const {
    if (architecture.streams) return 1;
    return sharing && sharing->why_alone.empty() ? hop_ : 0;
  }

  static std::string memory_line(const Network& network) {
    const std::int64_t samples = network.samples();
    const std::string of = samples == 0
                               ? "concurrent caller"
                               : fmt::format("stream, {:.1f} MB of it kept; {} new sample{} at a time",
                                             network.stream_bytes() / 1e6, samples, samples == 1 ? "" : "s");
    return fmt::format("weights {:.1f} MB, workspace {:.1f} MB a {}\n", network.weight_bytes() / 1e6,
                       network.workspace_bytes() / 1e6, of);
  }

  NetworkFlags flags_;
  bool plan_ = false, html_ = false, dot_ = false;
  int hop_ = 0;  // 0: of one window by itself
  bool tune_ = false;
  std::string kernels_ = "fixed";  // that the plan runs on
};

}  // namespace

std::unique_ptr<Command> inspect_command() { return std::make_unique<Inspect>(); }

}  // namespace actionflow
