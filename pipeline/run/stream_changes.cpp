#include "pipeline/run/stream_changes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text/json_text.h"
#include "base/text/mask.h"
#include "base/text/utf8.h"
#include "datasets/video/source_options.h"
#include "pipeline/graph/description.h"
#include "pipeline/graph/stream_name.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestMessage = 16 << 10;

void check_source(const SourceOptions& source) {
  const bool address = source.source.find("://") != std::string::npos && !source.source.starts_with("file:");
  if (!is_live(source) || !(address || source.source.starts_with("/dev/video")))
    throw UsageError("source is no camera, expected an address such as rtsp://… or a device /dev/videoN");
}

// What is shown of an address, where it comes back, is the address.
void put_credentials(Json& stream, const SourceOptions& now) {
  for (const auto& [key, address] : {std::pair("source", now.source), std::pair("record", now.record)}) {
    const auto given = stream.find(key);
    if (given != stream.end() && !address.empty() && *given == without_credentials(address)) *given = address;
  }
}

}  // namespace

StreamChanges::Done StreamChanges::put(const std::string& name, const std::string& text) {
  check_not_shared();
  if (const std::string wrong = wrong_stream_name(name, NamedBy::request); !wrong.empty())
    throw UsageError("'" + printable(name) + "' " + wrong);
  Json json = text.size() > kLongestMessage ? Json() : Json::parse(text, nullptr, false);
  if (!json.is_object())
    throw UsageError("expected a JSON object of a stream's keys, {\"source\": \"rtsp://…\"}");
  if (text.find("${") != std::string::npos)
    throw UsageError("${…} is read in files only, expected the value itself");
  if (const auto now = reload_.source_of(name)) put_credentials(json, *now);
  const StreamDescription stream =
      read_stream(name, config::parse(json_text(json), "the message"), defaults_);
  check_source(stream.source);
  const bool known = has(name);
  const bool changed = reload_.put_stream(stream);
  if (changed) saved_.put_stream(name, std::move(json));
  return changed ? (known ? Done::changed : Done::added) : Done::nothing;
}

StreamChanges::Done StreamChanges::remove(const std::string& name) {
  check_not_shared();
  if (!has(name)) return Done::nothing;
  if (pipeline_.streams().size() == 1)
    throw UsageError("'" + name + "' is the last stream, and the run ends with it; add another first");
  reload_.remove_stream(name);
  saved_.remove_stream(name, reload_.file_streams());
  return Done::changed;
}

void StreamChanges::check_not_shared() const {
  if (reload_.shared())
    throw UsageError(
        "a group of machines shares these cameras, expected the change in the pipeline file of each");
}

bool StreamChanges::has(const std::string& name) const {
  const std::vector<StreamView> streams = pipeline_.streams();
  return std::any_of(streams.begin(), streams.end(),
                     [&](const StreamView& stream) { return stream.name == name; });
}

}  // namespace actionflow
