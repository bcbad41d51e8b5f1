// Tar archives of videos with their labels beside them, WebDataset's form:
// https://github.com/webdataset/webdataset.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/machine/in_parallel.h"
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

  std::vector<ListRow> rows() {
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
    std::vector<ListRow> rows;
    for (const std::string& key : keys)
      if (const Sample& sample = samples.at(key); sample.video) rows.push_back(row(sample));
    return rows;
  }

 private:
  std::string place(const TarMember& member) const {
    return fmt::format("{}:{}", without_credentials(name_), member.offset);
  }

  ListRow row(const Sample& sample) const {
    const TarMember& video = *sample.video;
    ListRow row{place(video), last_name(name_) + "/" + video.name, {}, label(sample), {}};
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
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object())
      throw DatasetError(fmt::format("{}: error: '{}' is no JSON object, expected {{\"label\": …}}",
                                     place(member), member.name));
    for (const char* key : {"label", "cls", "class"}) {
      const auto found = json.find(key);
      if (found == json.end()) continue;
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
