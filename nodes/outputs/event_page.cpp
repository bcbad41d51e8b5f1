#include "nodes/outputs/event_page.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text/html.h"
#include "nodes/outputs/action_pictures.h"
#include "nodes/outputs/event_page_head.h"

namespace actionflow {

namespace {

// Of one stream.
constexpr std::size_t kMostPictures = 300;

// Letters, digits, -._~ and the path's own slashes.
bool stands_in_addresses(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

double rounded(double number, double steps) { return std::round(number * steps) / steps; }

}  // namespace

std::string event_page_line(const StreamEnd& end, const std::vector<FoundAction>& actions,
                            const std::string& video, const std::vector<std::string>& pictures) {
  using Json = nlohmann::ordered_json;
  Json line{{"stream", end.stream}, {"seconds", rounded(end.seconds, 1000)}};
  if (!video.empty()) line["video"] = video;
  if (end.error) line["error"] = *end.error;
  line["actions"] = Json::array();
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const FoundAction& action = actions[i];
    Json one{{"start", rounded(action.start, 1000)},
             {"end", rounded(action.end, 1000)},
             {"label", action.label},
             {"score", rounded(double{action.score}, 10000)}};
    if (!pictures[i].empty()) one["picture"] = base64(pictures[i]);
    line["actions"].push_back(std::move(one));
  }
  return std::string(kPageLineBegin) + script_data(line) + std::string(kPageLineEnd);
}

std::string relative_address(const std::filesystem::path& file, const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  const fs::path path =
      fs::absolute(file).lexically_normal().lexically_proximate(fs::absolute(folder).lexically_normal());
  std::string address;
  for (const char c : path.generic_string()) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (stands_in_addresses(c)) {
      address += c;
    } else {
      address += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return address;
}

void EventPage::write(const StreamEnd& end, const std::vector<FoundAction>& actions) {
  std::vector<std::string> pictures(actions.size());
  std::vector<double> starts;
  for (const FoundAction& action : actions) {
    if (starts.size() < kMostPictures) starts.push_back(action.start);
  }
  std::string video;
  if (const auto file = files_.find(end.stream); file != files_.end()) {
    if (!std::filesystem::is_directory(file->second)) video = relative_address(file->second, folder_);
    pictures = action_pictures(file->second, starts);
    pictures.resize(actions.size());
  }
  out_.commit(event_page_line(end, actions, video, pictures));
}

}  // namespace actionflow
