#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/log/log.h"
#include "base/text/natural_order.h"
#include "nodes/outputs/output_blocks.h"
#include "nodes/outputs/output_file.h"
#include "nodes/outputs/results_folder.h"
#include "nodes/results/console_sink.h"
#include "nodes/results/json_lines.h"
#include "nodes/results/tee_sink.h"
#include "pipeline/commands/commands.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;

// The recordings in files of results, each once.
class Recordings {
 public:
  explicit Recordings(const std::vector<std::string>& named) {
    for (const std::string& one : named) {
      const std::vector<fs::path> found = files_of(one);
      files_.insert(files_.end(), found.begin(), found.end());
    }
    for (const fs::path& file : files_) {
      for (const OutputBlock& block : read_output_blocks(file)) look_at(file, block);
    }
    for (const auto& [stream, place] : places_) torn_.erase(stream);
  }

  // What the files to be written are told before.
  OutputFile::Content content() const {
    OutputFile::Content content;
    content.found = has_events_ ? Found::events : Found::windows;
    content.classes.assign(labels_.begin(), labels_.end());
    std::sort(content.classes.begin(), content.classes.end(), natural_less);
    for (const auto& [stream, place] : places_) {
      content.renewed.insert(stream);
      std::error_code error;
      if (fs::exists(stream, error)) content.files[stream] = stream;
    }
    return content;
  }

  void replay(ResultSink& sink) const {
    for (const fs::path& file : files_) {
      for (const OutputBlock& block : read_output_blocks(file)) {
        const auto place = places_.find(block.stream);
        if (place == places_.end() || place->second.file != file) continue;
        each_result(file, block, [&](const Result& result) { sink.write(result); });
      }
    }
    sink.finish();
  }

  void tell() const {
    log::info("{} recordings of {} files", places_.size(), files_.size());
    for (const std::string& stream : twice_)
      log::warn("'{}' stands in several files, and counts once", stream);
    for (const std::string& stream : torn_) log::warn("'{}' is not whole, and is left out", stream);
  }

 private:
  struct Place {
    fs::path file;
    bool done = false;  // it could be read
  };

  static std::vector<fs::path> files_of(const std::string& named) {
    if (fs::is_directory(named)) return result_files_in(named);
    if (fs::path(named).extension() != ".jsonl" || !fs::exists(named))
      throw UsageError(named + ": expected a folder of results or a file NAME.jsonl that is there");
    return {named};
  }

  template <class F>
  static void each_result(const fs::path& file, const OutputBlock& block, F&& body) {
    for (std::size_t at = 0, end = block.text.find('\n'); end != std::string::npos;
         at = end + 1, end = block.text.find('\n', at)) {
      try {
        if (const auto result = from_json_line(block.text.substr(at, end - at))) body(*result);
      } catch (const UsageError& error) {
        throw UsageError(file.string() + ": " + error.what());
      }
    }
  }

  void look_at(const fs::path& file, const OutputBlock& block) {
    bool ended = false;
    each_result(file, block, [&](const Result& result) {
      ended = ended || std::holds_alternative<StreamEnd>(result);
      if (const auto* window = std::get_if<WindowResult>(&result)) labels_.insert(window->top.front().label);
      if (const auto* event = std::get_if<EventResult>(&result)) {
        labels_.insert(event->label);
        has_events_ = true;
      }
    });
    if (!ended) {
      torn_.insert(block.stream);
      return;
    }
    const auto [place, first] = places_.try_emplace(block.stream, Place{file, block.done});
    if (first) return;
    twice_.insert(block.stream);
    if (block.done && !place->second.done) place->second = {file, true};
  }

  std::vector<fs::path> files_;
  std::map<std::string, Place> places_;  // by stream
  std::set<std::string> labels_, twice_, torn_;
  bool has_events_ = false;
};

class Merge : public Command {
 public:
  std::string name() const override { return "merge"; }
  std::string summary() const override { return "make one table or page of what several runs found"; }
  std::string files() const override { return "folders and NAME.jsonl that classify --output has written"; }

  void declare(CLI::App& app) override {
    app.add_option("--output", outputs_,
                   "into NAME.jsonl, .csv, .srt, .vtt or .html instead of standard output")
        ->allow_extra_args(false)
        ->type_name("FILE");
  }

  ExitCode run(const Arguments& arguments) override {
    if (arguments.files.empty()) throw UsageError("expected folders of results, or files NAME.jsonl");
    const Recordings recordings(arguments.files);
    const OutputFile::Content content = recordings.content();
    std::vector<std::shared_ptr<ResultSink>> sinks;
    for (const std::string& name : outputs_) {
      const OutputFile file(name, true);
      if (file.folder()) throw UsageError("--output " + name + ": expected a file");
      for (const std::string& input : arguments.files) {
        std::error_code error;
        if (fs::equivalent(input, name, error))
          throw UsageError("--output " + name + " is one of the files to be merged");
      }
      file.check_streams(content.renewed);
      sinks.push_back(file.open(content));
    }
    LineOutput out(STDOUT_FILENO, "standard output");
    if (outputs_.empty()) sinks.push_back(shown(arguments.json, std::move(out)));
    TeeSink all(std::move(sinks));
    recordings.replay(all);
    recordings.tell();
    return ExitCode::done;
  }

 private:
  static std::shared_ptr<ResultSink> shown(bool json, LineOutput out) {
    if (json) return std::make_shared<JsonLinesSink>(std::move(out));
    return std::make_shared<ConsoleSink>(std::move(out));
  }

  std::vector<std::string> outputs_;
};

}  // namespace

std::unique_ptr<Command> merge_command() { return std::make_unique<Merge>(); }

}  // namespace actionflow
