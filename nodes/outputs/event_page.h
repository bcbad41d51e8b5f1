// What was found as one page for a browser: for each stream a timeline and a picture of each action's start;
// a click goes there in the video beside it.
//
// The page needs nothing but itself and the videos, which it names relative to where it stands. It is a
// head with style and script, then one line of JSON a stream, so that a stream that is done is added without
// writing the others anew. Names and labels are data, never markup.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nodes/outputs/stream_output.h"
#include "nodes/results/line_output.h"

namespace actionflow {

// A file, or a folder of frames, by the name of its stream. Streams that are none of both are not in it.
using SourceFiles = std::map<std::string, std::filesystem::path>;

// What stands between these two in a line is the stream's JSON.
inline constexpr std::string_view kPageLineBegin = R"(<script type="application/json" class="stream">)";
inline constexpr std::string_view kPageLineEnd = "</script>\n";

// A stream's line. `video` is the address that the page opens, empty for none; `pictures` are JPEG files,
// empty where there is none, one an action.
std::string event_page_line(const StreamEnd& end, const std::vector<FoundAction>& actions,
                            const std::string& video, const std::vector<std::string>& pictures);

// The address of `file` for a page in `folder`: relative, with %XX for what addresses do not hold.
std::string relative_address(const std::filesystem::path& file, const std::filesystem::path& folder);

class EventPage : public StreamOutput {
 public:
  // `out` has the head already and stands in `folder`.
  EventPage(LineOutput out, std::filesystem::path folder, SourceFiles files, Found found)
      : StreamOutput(found), out_(std::move(out)), folder_(std::move(folder)), files_(std::move(files)) {}
  void finish() override { out_.finish(); }

 private:
  void write(const StreamEnd& end, const std::vector<FoundAction>& actions) override;

  LineOutput out_;
  const std::filesystem::path folder_;
  const SourceFiles files_;
};

}  // namespace actionflow
