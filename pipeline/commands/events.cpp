#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "base/files/atomic_file.h"
#include "base/machine/clock.h"
#include "base/text/json_text.h"
#include "base/text/mask.h"
#include "base/text/time_text.h"
#include "base/text/utf8.h"
#include "nodes/store/event_store.h"
#include "nodes/store/event_text.h"
#include "pipeline/commands/commands.h"
#include "pipeline/graph/state_folder.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;

class EventsCommand : public Command {
 public:
  std::string name() const override { return "events"; }
  std::string summary() const override {
    return "list, filter and export the events that a running or past pipeline stored";
  }
  std::string files() const override { return "the folder of a store node, or its PIPELINE.yaml"; }

  void declare(CLI::App& app) override {
    app.add_option("--stream", query_.stream, "of this stream only")->type_name("NAME");
    app.add_option("--label", query_.label, "of this label only, corrections counted")->type_name("LABEL");
    app.add_option("--since", since_, "from then on: 2026-11-29, \"2026-11-29 16:05\" (UTC), or \"2 h\" ago")
        ->type_name("TIME");
    app.add_option("--until", until_, "before then")->type_name("TIME");
    app.add_option("--limit", query_.limit, "the newest so many")
        ->check(CLI::Range(1, 1'000'000'000).description(""))
        ->type_name("N");
    app.add_option("--output", output_, "into NAME.csv or NAME.jsonl instead of standard output")
        ->type_name("FILE");
  }

  ExitCode run(const Arguments& arguments) override {
    query_.since_ns = time_flag("--since", since_);
    query_.until_ns = time_flag("--until", until_);
    const std::string suffix = output_.extension();
    if (!output_.empty() && suffix != ".csv" && suffix != ".jsonl")
      throw UsageError("--output " + output_.string() + ": expected a name that ends in .csv or .jsonl");
    EventTable table(table_of(arguments));
    const std::vector<StoredEvent> events = table.find(query_);
    if (output_.empty()) {
      std::cout << (arguments.json ? json_lines(events) : lines(events));
    } else {
      replace_file(output_, suffix == ".csv" ? rows(events) : json_lines(events));
    }
    return ExitCode::done;
  }

 private:
  static std::optional<std::int64_t> time_flag(const std::string& flag, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto time = time_of(text, Clock::system().wall_ns());
    if (!time)
      throw UsageError(flag + ": '" + text +
                       "' is no time, expected one such as 2026-11-29, \"2026-11-29 16:05\" or \"2 h\"");
    return time;
  }

  static fs::path table_of(const Arguments& arguments) {
    const fs::path named = only_file(arguments, "folder of a store node, or PIPELINE.yaml");
    const fs::path folder =
        fs::is_directory(named) ? named : state_folder(config::load(named, arguments.overrides), named);
    if (fs::is_directory(named) && !arguments.overrides.empty())
      throw UsageError("'" + arguments.overrides.front().path +
                       "=…' changes a PIPELINE.yaml, and a folder is named");
    if (!fs::is_regular_file(event_file(folder)))
      throw UsageError(folder.string() + ": no events are kept here, expected the folder of a store node");
    return event_file(folder);
  }

  // What a person reads: when, where, what, how sure, how long.
  static std::string lines(const std::vector<StoredEvent>& events) {
    std::string text;
    for (const StoredEvent& event : events) {
      const std::string when = utc_text(event.time_ns).substr(0, 19);
      const std::string length = event.state == EventState::open
                                     ? "under way"
                                     : fmt::format("{:.1f} s", event.end - event.start) +
                                           (event.state == EventState::interrupted ? ", interrupted" : "");
      const std::string said = !event.corrected           ? ""
                               : event.corrected->empty() ? "  (none of the classes)"
                                                          : "  (corrected: " + *event.corrected + ")";
      text += fmt::format("{} {}  {}  {}  {:.0f} %  {}  {}{}\n", when.substr(0, 10), when.substr(11),
                          printable(without_credentials(event.stream)), event.label, 100 * event.score,
                          length, event.clip.empty() ? event.id : event.clip, said);
    }
    return text;
  }

  static std::string json_lines(const std::vector<StoredEvent>& events) {
    std::string text;
    for (const StoredEvent& event : events) text += json_text(event_json(event)) + "\n";
    return text;
  }

  static std::string rows(const std::vector<StoredEvent>& events) {
    std::string text = kEventColumns;
    for (const StoredEvent& event : events) text += event_row(event);
    return text;
  }

  EventQuery query_;
  std::string since_, until_;
  fs::path output_;
};

}  // namespace

std::unique_ptr<Command> events_command() { return std::make_unique<EventsCommand>(); }

}  // namespace actionflow
