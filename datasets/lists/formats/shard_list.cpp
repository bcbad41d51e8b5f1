// Tar archives of videos with their labels beside them, WebDataset's form:
// https://github.com/webdataset/webdataset.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/machine/in_parallel.h"
#include "base/remote/local_copy.h"
#include "base/text/json_text.h"
#include "base/text/lower_case.h"
#include "base/text/mask.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/shard_names.h"
#include "datasets/lists/text/list_text.h"
#include "datasets/lists/text/tar_index.h"
#include "datasets/video/file_stretch.h"

namespace actionflow {

namespace {

constexpr std::uint64_t kMostLabelBytes = 64 << 10;
constexpr int kShardsAtOnce = 16;  // servers are waited for, not processors

// What stands under one key: "a/clip7" of "a/clip7.mp4" and "a/clip7.cls".
struct Sample {
  const TarMember* video = nullptr;
  std::map<std::string, const TarMember*> others;  // by their suffixes
};

bool is_video(const std::string& suffix) {
  const auto known = video_suffixes();
  return std::any_of(known.begin(), known.end(),
                     [&](const char* one) { return *one != '\0' && suffix.ends_with(one); });
}

class Shard {
 public:
  explicit Shard(std::string name) : name_(std::move(name)), bytes_(ArchiveBytes::open(name_)) {}

  std::vector<ListRow> rows() const {
    std::vector<ListRow> rows;
    for (const Found& found : found_now_or_before()) rows.push_back(row(found));
    return rows;
  }

 private:
  struct Found {
    TarMember video;
    std::optional<std::string> label;
  };

  // Asking a server for every header takes a while, so what came of it is kept.
  std::vector<Found> found_now_or_before() const {
    if (!bytes_.remote) return found();
    std::optional<std::vector<Found>> now;
    const std::string kept = kept_of(name_, *bytes_.remote, "videos.json", [&] {
      now = found();
      return text_of(*now);
    });
    if (!now) now = parsed(kept);
    return now ? *now : found();
  }

  static std::string text_of(const std::vector<Found>& all) {
    nlohmann::json json = nlohmann::json::array();
    for (const Found& one : all)
      json.push_back({one.video.name, one.video.offset, one.video.size,
                      one.label ? nlohmann::json(*one.label) : nlohmann::json()});
    return json_text(json);
  }

  // Nothing where another program wrote it, or it was cut short.
  static std::optional<std::vector<Found>> parsed(const std::string& kept) {
    std::vector<Found> all;
    try {
      for (const nlohmann::json& one : nlohmann::json::parse(kept)) {
        Found found{{one.at(0), one.at(1), one.at(2)}, std::nullopt};
        if (!one.at(3).is_null()) found.label = one.at(3);
        all.push_back(std::move(found));
      }
    } catch (const nlohmann::json::exception&) {
      return std::nullopt;
    }
    return all;
  }

  std::vector<Found> found() const {
    const std::vector<TarMember> members = read_tar(name_, bytes_);
    std::vector<std::string> keys;
    std::map<std::string, Sample> samples;
    for (const TarMember& member : members) {
      const std::size_t slash = member.name.rfind('/');
      const std::size_t dot = member.name.find('.', slash == std::string::npos ? 0 : slash + 1);
      if (dot == std::string::npos) continue;
      const auto [at, added] = samples.try_emplace(member.name.substr(0, dot));
      if (added) keys.push_back(at->first);
      const std::string suffix = lower_case(member.name.substr(dot));
      if (!is_video(suffix))
        at->second.others[suffix] = &member;
      else if (std::exchange(at->second.video, &member) != nullptr)
        throw DatasetError(fmt::format("{}: error: a second video under the key '{}', expected one",
                                       place(member), at->first));
    }
    std::vector<Found> all;
    for (const std::string& key : keys)
      if (const Sample& sample = samples.at(key); sample.video) all.push_back({*sample.video, label(sample)});
    return all;
  }

  std::string place(const TarMember& member) const {
    return fmt::format("{}:{}", without_credentials(name_), member.offset);
  }

  ListRow row(const Found& found) const {
    const TarMember& video = found.video;
    ListRow row{place(video), last_name(name_) + "/" + video.name, {}, found.label, {}};
    row.path = FileStretch{name_, video.offset, video.size, video.name}.name();
    return row;
  }

  std::optional<std::string> label(const Sample& sample) const {
    for (const char* suffix : {".cls", ".json", ".txt"}) {
      const auto found = sample.others.find(suffix);
      if (found == sample.others.end()) continue;
      const std::string text = text_of(*found->second);
      const std::string label = found->first == ".json" ? json_label(text, *found->second) : text;
      if (!label.empty()) return label;
    }
    return std::nullopt;
  }

  std::string text_of(const TarMember& member) const {
    if (member.size > kMostLabelBytes)
      throw DatasetError(fmt::format("{}: error: '{}' has {} bytes, expected a label of at most {}",
                                     place(member), member.name, member.size, kMostLabelBytes));
    std::string text = bytes_.bytes(name_, member.offset, member.size);
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
  }

  std::string json_label(const std::string& text, const TarMember& member) const {
    const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object())
      throw DatasetError(fmt::format("{}: error: '{}' is no JSON object, expected {{\"label\": …}}",
                                     place(member), member.name));
    for (const char* key : {"label", "cls", "class"}) {
      const auto found = object.find(key);
      if (found == object.end()) continue;
      if (found->is_string()) return found->get<std::string>();
      if (found->is_number_integer()) return found->dump();
    }
    return {};
  }

  const std::string name_;
  const ArchiveBytes bytes_;
};

}  // namespace

std::vector<ListRow> shard_rows(const std::filesystem::path& list, const ListContext&, ListErrors& errors) {
  const std::vector<std::string> names = shard_names(list.string());
  std::vector<std::vector<ListRow>> of_each(names.size());
  std::vector<std::string> wrong(names.size());
  run_in_parallel(names.size(), kShardsAtOnce, nullptr, [&](std::size_t i) {
    try {
      of_each[i] = Shard(names[i]).rows();
    } catch (const Error& error) {
      wrong[i] = error.what();
    }
  });
  std::vector<ListRow> rows;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!wrong[i].empty()) errors.add_line(wrong[i]);
    std::move(of_each[i].begin(), of_each[i].end(), std::back_inserter(rows));
  }
  return rows;
}

}  // namespace actionflow
