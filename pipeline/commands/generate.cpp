#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/log/progress.h"
#include "base/machine/clock.h"
#include "base/text/json_text.h"
#include "datasets/synthetic/generator.h"
#include "pipeline/commands/commands.h"
#include "pipeline/run/process/interrupt.h"

namespace actionflow {
namespace {

class Generate : public Command {
 public:
  std::string name() const override { return "generate"; }
  std::string summary() const override {
    return "write a synthetic dataset: drawn people, or a hand that draws gestures, in H.264 videos";
  }
  std::string files() const override { return "DIR, new or empty"; }

  void declare(CLI::App& app) override {
    app.add_option("--scene", scene_, fmt::format("{}; {} unless told", scene_names(), scene_))
        ->check([](const std::string& name) {
          return scene_named(name) ? "" : fmt::format("is {}, not '{}'", scene_names(), name);
        })
        ->type_name("NAME");
    clips_given_ =
        app.add_option("--clips", clips_, "in all splits together, 1000 unless told")
            ->check(CLI::Range(static_cast<int>(least_clips(scenes().front())), 1'000'000).description(""))
            ->type_name("N");
    app.add_option("--streams", streams_, "instead of clips: so many long videos, and lists with times")
        ->check(CLI::Range(3, 1'000'000).description(""))
        ->type_name("N");
    app.add_option("--minutes", options_.minutes, "of each stream, 1 unless told")
        ->check(CLI::Range(0.1, 1440.0).description(""))
        ->type_name("M");
    app.add_option("--seed", options_.seed, "the same seed gives the same videos, 1 unless told")
        ->type_name("S");
    app.add_option("--threads", options_.threads, "that draw; 0: one a processor")
        ->check(CLI::Range(0, 1024).description(""))
        ->type_name("N");
  }

  ExitCode run(const Arguments& arguments) override {
    const std::string& folder = only_file(arguments, "DIR");
    if (!arguments.overrides.empty())
      throw UsageError("generate reads no YAML file that key=value could change");
    if (streams_ > 0 && clips_given_->count() > 0)
      throw UsageError("--clips and --streams are two kinds of datasets, expected one of them");
    options_.clips = static_cast<std::uint32_t>(clips_);
    options_.streams = static_cast<std::uint32_t>(streams_);
    options_.scene = scene_named(scene_);
    StopFlag stop{false};
    const Stopwatch watch;
    bool complete = false;
    {
      const StopOnSignal stop_on_signal([&stop] { stop = true; });
      Progress progress("generate", streams_ > 0 ? streams_ : clips_);
      complete = write_synthetic(folder, options_, stop, [&progress] { progress.advance(); });
    }
    if (!complete) return ExitCode::interrupted;
    print(folder, arguments.json, watch.seconds());
    return ExitCode::done;
  }

 private:
  void print(const std::string& folder, bool json, double seconds) const {
    std::map<std::string, std::size_t> counts;
    for (const SyntheticVideo& clip : plan_synthetic(options_)) ++counts[clip.list()];
    const std::size_t train = counts["train.txt"], val = counts["val.txt"], test = counts["test.txt"];
    const std::size_t others = counts["other.txt"] + counts["unknown.txt"];
    if (json) {
      nlohmann::ordered_json line{{"folder", folder}};
      if (streams_ > 0)
        line.update({{"streams", streams_}, {"minutes", options_.minutes}});
      else
        line["clips"] = clips_;
      line.update({{"train", train}, {"val", val}, {"test", test}, {"seconds", seconds}});
      if (others > 0) line["others"] = others;
      std::cout << json_text(line) << std::endl;
      return;
    }
    const std::string of_none = others > 0 ? fmt::format(", {} of no class", others) : "";
    const std::string what = streams_ > 0 ? fmt::format("{} streams of {:g} min", streams_, options_.minutes)
                                          : fmt::format("{} clips", clips_);
    std::cout << fmt::format("{}: {}, {} to train, {} to validate, {} to test{}, in {:.1f} s\n", folder, what,
                             train, val, test, of_none, seconds);
  }

  SyntheticOptions options_;
  std::string scene_ = "people";
  int clips_ = 1000;
  int streams_ = 0;
  CLI::Option* clips_given_ = nullptr;
};

}  // namespace

std::unique_ptr<Command> generate_command() { return std::make_unique<Generate>(); }

}  // namespace actionflow
