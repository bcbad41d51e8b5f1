#include <atomic>
#include <iostream>

#include "base/machine/machine_limits.h"
#include "datasets/lists/reading/read_dataset.h"
#include "pipeline/commands/arguments/flags.h"
#include "pipeline/commands/arguments/network_flags.h"
#include "pipeline/commands/arguments/shipped_files.h"
#include "pipeline/commands/commands.h"
#include "pipeline/quantization/quantizer.h"
#include "pipeline/recipe/training_data.h"
#include "pipeline/run/process/interrupt.h"

namespace actionflow {
namespace {

// "0.5%" or "0.005", as a fraction.
double parse_share(const std::string& text) {
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  const bool percents = used + 1 == text.size() && text.back() == '%';
  if (used == 0 || !(percents || used == text.size()) || !(value >= 0 && value <= (percents ? 100 : 1)))
    throw UsageError("--loss: '" + text + "' is no share, expected 0% to 100% or 0 to 1");
  return percents ? value / 100 : value;
}

// At most `count`, evenly from all over the list.
std::vector<VideoEntry> some_of(const std::vector<VideoEntry>& entries, std::size_t count) {
  if (entries.size() <= count) return entries;
  std::vector<VideoEntry> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(entries[i * entries.size() / count]);
  return some;
}

// What is measured on.
struct Clips {
  Dataset dataset;
  SamplingOptions sampling;
  CacheOptions cache;
  int threads = 1;
};

Clips of_recipe(const std::string& file, const std::vector<config::Override>& overrides) {
  const Recipe recipe = load_recipe(file, overrides);
  return {read_recipe_dataset(recipe), recipe.data.sampling, cache_options(recipe), recipe.worker_threads()};
}

// Names count from the list's folder; a part of it is held out.
Clips of_list(const std::string& file) {
  constexpr double kHeldOut = 0.4;
  DataOptions options;
  options.train = file;
  options.root = std::filesystem::absolute(file).parent_path();
  options.val_share = kHeldOut;
  const std::filesystem::path classes = options.root / "classes.txt";
  if (std::filesystem::exists(classes)) options.classes = classes;
  return {read_dataset(options, 1), {}, {}, usable_processors()};
}

bool is_recipe(const std::string& file) {
  const std::string suffix = std::filesystem::path(file).extension().string();
  return suffix == ".yaml" || suffix == ".yml";
}

class Quantize : public Command {
 public:
  std::string name() const override { return "quantize"; }
  std::string summary() const override { return "weights made ready for int8, by ranges from real clips"; }
  std::string files() const override {
    return "MODEL.yaml, left out where the weights hold the network, and key=value changes to the recipe";
  }

  void declare(CLI::App& app) override {
    app.add_option("--weights", flags_.weights, "of any format that convert reads")
        ->transform(find_weights)
        ->type_name("FILE");
    app.add_option(
           "--data", data_,
           "a recipe, whose training videos give ranges and whose validation videos tell what is lost; or a "
           "list of videos with labels, for both")
        ->required()
        ->type_name("FILE");
    app.add_option("--output", output_, "the weights with what int8 needs")
        ->required()
        ->type_name("OUT.safetensors");
    app.add_option("--loss", loss_, "of accuracy that is allowed; layers stay in f32 until it holds")
        ->capture_default_str()
        ->type_name("SHARE");
    add_choice<RangeMethod>(app, "--range", method_,
                            {{"entropy", RangeMethod::entropy},
                             {"percentile", RangeMethod::percentile},
                             {"mse", RangeMethod::mse}},
                            "how a value's range is chosen, mse unless told");
    app.add_option("--clips", clips_, "videos that ranges are taken from, and at most as many to judge by")
        ->check(CLI::Range(1, 1000000).description(""))
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--threads", threads_, "videos at the same time; one a processor unless told")
        ->check(CLI::PositiveNumber.description(""))
        ->type_name("N");
  }

  ExitCode run(const Arguments& arguments) override {
    const double most_loss = parse_share(loss_);
    Model model = flags_.load({arguments.files, {}, arguments.json});
    if (!is_recipe(data_) && !arguments.overrides.empty())
      throw UsageError("key=value changes a recipe, and " + data_ + " is a list");
    const Clips clips = is_recipe(data_) ? of_recipe(data_, arguments.overrides) : of_list(data_);
    const Dataset& dataset = clips.dataset;
    check_fits(model, dataset);
    std::atomic<bool> stop{false};
    const StopOnSignal stop_on_signal([&stop] { stop.store(true); });
    const auto count = static_cast<std::size_t>(clips_);
    const QuantizationRequest request{.model = model,
                                      .seen = some_of(dataset.train, count),
                                      .held_out = some_of(dataset.val, count),
                                      .seen_name = is_recipe(data_) ? "train" : "a list",
                                      .sampling = clips.sampling,
                                      .cache = clips.cache,
                                      .method = method_,
                                      .most_loss = most_loss,
                                      .threads = threads_ > 0 ? threads_ : clips.threads,
                                      .stop = &stop};
    const QuantizationReport report = quantize(request);
    model.weights.quantization = report.quantization;
    save_model(model, output_);
    std::cout << (arguments.json ? quantization_json(report) + "\n" : quantization_text(report));
    return ExitCode::done;
  }

 private:
  void check_fits(const Model& model, const Dataset& dataset) const {
    if (model.architecture.classes != dataset.classes)
      throw ModelError(flags_.weights + ": its classes are not those of " + data_ +
                       "; quantize with the recipe it was trained by, or a list beside its classes.txt");
    if (dataset.val.empty())
      throw UsageError(data_ + " names no videos to judge by; set data.val or data.val_share");
    for (const auto* entries : {&dataset.train, &dataset.val})
      for (const VideoEntry& entry : *entries)
        if (entry.timed) throw UsageError(data_ + " has uncut videos; quantize takes cut ones, a label each");
  }

  NetworkFlags flags_;
  std::string data_, output_, loss_ = "0.5%";
  RangeMethod method_ = RangeMethod::mse;
  int clips_ = 64, threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> quantize_command() { return std::make_unique<Quantize>(); }

}  // namespace actionflow
