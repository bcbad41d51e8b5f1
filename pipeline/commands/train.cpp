#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log/log.h"
#include "models/training/ranks/launcher.h"
#include "pipeline/commands/arguments/shard.h"
#include "pipeline/commands/commands.h"
#include "pipeline/recipe/recipe_files.h"
#include "pipeline/run/process/interrupt.h"
#include "pipeline/training/fill_cache.h"
#include "pipeline/training/show_augmentation.h"
#include "pipeline/training/trainer.h"

namespace actionflow {
namespace {

// Each epoch's line of metrics.jsonl on standard output; or, for people, what came of it all.
class EpochPrinter : public TrainingObserver {
 public:
  EpochPrinter(bool json, std::filesystem::path best) : json_(json), best_file_(std::move(best)) {}

  void begin(int, std::int64_t) override {}
  void step(const StepMetrics&) override {}
  void epoch(const EpochMetrics& metrics) override {
    if (json_) std::cout << metrics.line() << std::endl;
    last_ = metrics;
  }
  void finish() override {
    if (json_) return;
    if (last_) {
      std::cout << fmt::format("epoch {}: loss {:.4f}, train top-1 {:.1f} %", last_->epoch, last_->loss,
                               100 * last_->train_top1);
      if (std::isfinite(last_->val_top1))
        std::cout << fmt::format(", val top-1 {:.1f} %", 100 * last_->val_top1);
      std::cout << "\n";
    }
    std::cout << best_file_.string() << "\n";
  }

 private:
  const bool json_;
  const std::filesystem::path best_file_;
  std::optional<EpochMetrics> last_;
};

class Train : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "train a network on videos, as a recipe says"; }
  std::string files() const override { return "TRAIN.yaml and key=value changes to it"; }

  void declare(CLI::App& app) override {
    app.add_flag("--resume", resume_, "go on where the output folder's run was stopped");
    app.add_option("--show-augmentation", sheet_, "draw clips as the network will see them, and nothing else")
        ->type_name("OUT.png");
    app.add_flag("--fill-cache", fill_cache_, "decode the videos into data.cache, and nothing else");
    app.add_option("--shard", shard_, "one share of --fill-cache: i/n, or auto or auto/n in a job array")
        ->type_name("i/n");
    app.add_flag("--print-config", print_config_, "the effective configuration, and nothing else");
  }

  ExitCode run(const Arguments& arguments) override {
    const std::unique_ptr<training::Ranks> ranks = training::join_ranks();
    const log::Level asked = log::level();
    if (!ranks->first())
      log::set_level(std::max(asked, log::Level::error));  // what all read alike is told by the first
    std::optional<Trainer> trainer;
    if (const auto code = together(*ranks, [&] { prepare(arguments, *ranks, trainer); })) return *code;
    if (!trainer) return ExitCode::done;
    if (!ranks->first()) log::set_level(std::max(asked, log::Level::warn));
    const StopOnSignal stop_on_signal([&trainer] { trainer->stop(); });
    return ranks->alone() ? trainer->run() : run_with_others(*trainer, *ranks);
  }

 private:
  // No trainer where the command is to show something only.
  void prepare(const Arguments& arguments, training::Ranks& ranks, std::optional<Trainer>& trainer) const {
    const config::Value document = config::load(only_file(arguments, "TRAIN.yaml"), arguments.overrides);
    const Recipe recipe = read_recipe(document);
    if (print_config_) {
      if (ranks.first()) std::cout << print_recipe(recipe, document);
      return;
    }
    if (!sheet_.empty()) {
      if (std::filesystem::path(sheet_).extension() != ".png")
        throw UsageError("--show-augmentation " + sheet_ + ": expected the name of a picture, OUT.png");
      require_data_files(recipe, document);
      if (ranks.first()) show_augmentation(recipe, sheet_);
      return;
    }
    if (fill_cache_) {
      require_data_files(recipe, document);
      if (ranks.first()) fill(recipe, arguments.json);
      return;
    }
    if (!shard_.empty())
      throw UsageError("--shard is a share of --fill-cache; ranks share a training by mpirun");
    // A run that goes on has its weights already.
    resume_ ? require_data_files(recipe, document) : require_training_files(recipe, document);
    TrainerOptions options;
    options.resume = resume_;
    options.ranks = &ranks;
    options.observers.push_back(
        std::make_shared<EpochPrinter>(arguments.json, recipe.output / "best.safetensors"));
    trainer.emplace(recipe, document, options);
  }

  void fill(const Recipe& recipe, bool json) const {
    const Shard shard = shard_.empty() ? Shard{} : read_shard(shard_);
    std::atomic<bool> stop{false};
    const StopOnSignal stop_on_signal([&stop] { stop.store(true); });
    const FilledCache filled = fill_cache(
        recipe, [&](const std::string& name) { return shard.holds(name); }, &stop);
    if (json)
      std::cout << nlohmann::json{{"videos", filled.videos},
                                  {"decoded", filled.decoded},
                                  {"unreadable", filled.unreadable}}
                << "\n";
    else
      std::cout << fmt::format("{} videos, {} of them decoded now, {} unreadable\n", filled.videos,
                               filled.decoded, filled.unreadable);
  }

  // The code to end with where any rank fails; the first that does says why.
  template <class F>
  static std::optional<ExitCode> together(training::Ranks& ranks, const F& body) {
    std::exception_ptr error;
    try {
      body();
    } catch (...) {
      error = std::current_exception();
    }
    const std::vector<bool> failed = ranks.gather_flags(error != nullptr);
    const auto first = std::ranges::find(failed, true);
    if (first == failed.end()) return {};
    const bool tells = first - failed.begin() == ranks.rank();
    if (tells && ranks.alone()) std::rethrow_exception(error);
    ExitCode own = ExitCode::failure;
    if (tells) own = tell(error);
    return ranks.gather(own)[static_cast<std::size_t>(first - failed.begin())];
  }

  static ExitCode tell(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (...) {
      return tell_failure();
    }
  }

  // One that fails ends the others, which would wait for it.
  static ExitCode run_with_others(Trainer& trainer, training::Ranks& ranks) {
    try {
      return trainer.run();
    } catch (const training::RanksLost&) {
      if (ranks.first()) log::warn("stopped while another rank was in the midst of a step, or gone");
      ranks.abort(static_cast<int>(ExitCode::interrupted));
    } catch (const OtherRankFailed&) {
      constexpr std::chrono::seconds kLongestTelling{5};  // of the one that failed, which ends all
      std::this_thread::sleep_for(kLongestTelling);
      ranks.abort(static_cast<int>(ExitCode::failure));
    } catch (...) {
      // What all meet alike is said by the first.
      constexpr auto kTurn = std::chrono::milliseconds(300);
      if (!ranks.first()) std::this_thread::sleep_for(kTurn);
      ranks.abort(static_cast<int>(tell_failure()));
    }
  }

  bool resume_ = false;
  std::string sheet_, shard_;
  bool fill_cache_ = false;
  bool print_config_ = false;
};

}  // namespace

std::unique_ptr<Command> train_command() { return std::make_unique<Train>(); }

}  // namespace actionflow
