// Annotations of ELAN, one .eaf a video: https://archive.mpi.nl/tla/elan.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <pugixml.hpp>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr double kMillisecond = 1e-3;

// "my film.mp4" of "my%20film.mp4".
std::string without_percents(std::string_view url) {
  std::string text;
  for (std::size_t i = 0; i < url.size(); ++i) {
    unsigned value = 0;
    const char* const digits = url.data() + i + 1;
    const bool coded = url[i] == '%' && i + 2 < url.size() &&
                       std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    text += coded ? static_cast<char>(value) : url[i];
    i += coded ? 2 : 0;
  }
  return text;
}

class ElanFile {
 public:
  ElanFile(const ListText& text, const ListContext& context, ListErrors& errors)
      : text_(text), context_(context), errors_(errors) {}

  void add_rows(std::vector<ListRow>& rows) {
    // No document type, so no entities but XML's own five.
    const pugi::xml_parse_result parsed = document_.load_buffer(text_.text().data(), text_.text().size(),
                                                                pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) return fail(parsed.offset, fmt::format("is no XML here: {}", parsed.description()));
    root_ = document_.child("ANNOTATION_DOCUMENT");
    if (!root_) return errors_.add(text_.file().string(), "has no ANNOTATION_DOCUMENT, expected ELAN's .eaf");
    const std::string units = root_.child("HEADER").attribute("TIME_UNITS").as_string("milliseconds");
    if (units != "milliseconds")
      return errors_.add(text_.file().string(),
                         fmt::format("counts time in {}, expected milliseconds", units));
    ListRow video = video_row();
    rows.push_back(video);
    if (!video.timed) return;
    read_time_slots();
    const pugi::xml_node tier = find_tier();
    if (!tier.child("ANNOTATION").child("REF_ANNOTATION").empty())
      return fail(tier.offset_debug(),
                  fmt::format("tier '{}' has the times of another one, expected that in data.tier",
                              tier.attribute("TIER_ID").as_string()));
    for (const pugi::xml_node annotation : tier.children("ANNOTATION"))
      add_action(annotation.child("ALIGNABLE_ANNOTATION"), video, rows);
  }

 private:
  void fail(std::ptrdiff_t byte, const std::string& what) {
    errors_.add(text_.place(text_.line_of(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, byte)))),
                what);
  }

  ListRow video_row() {
    const pugi::xml_node header = root_.child("HEADER");
    pugi::xml_node media = header.child("MEDIA_DESCRIPTOR");
    for (const pugi::xml_node other : header.children("MEDIA_DESCRIPTOR")) {
      if (!std::string_view(other.attribute("MIME_TYPE").as_string()).starts_with("video")) continue;
      media = other;
      break;
    }
    // What is at 0 in the annotation stands there in the video.
    origin_ = media.attribute("TIME_ORIGIN").as_double() * kMillisecond;
    const std::string url = media.attribute("MEDIA_URL").as_string();
    std::string name =
        last_name(without_percents(url.empty() ? media.attribute("RELATIVE_MEDIA_URL").as_string() : url));
    if (name.empty()) name = text_.file().stem().string();
    ListRow row{text_.file().string(), name, {}, std::nullopt, {}};
    const fs::path beside = text_.file().parent_path() / name;
    if (is_there(beside)) row.path = beside;
    row.timed = context_.split != ListSplit::unknown;
    return row;
  }

  void read_time_slots() {
    for (const pugi::xml_node slot : root_.child("TIME_ORDER").children("TIME_SLOT")) {
      const pugi::xml_attribute value = slot.attribute("TIME_VALUE");
      if (value) times_[slot.attribute("TIME_SLOT_ID").as_string()] = value.as_string();
    }
  }

  pugi::xml_node find_tier() {
    const std::string& wanted = context_.options.tier;
    std::vector<std::string> names, with_times;
    pugi::xml_node only;
    for (const pugi::xml_node tier : root_.children("TIER")) {
      const std::string name = tier.attribute("TIER_ID").as_string();
      if (!wanted.empty() && name == wanted) return tier;
      names.push_back(name);
      const bool timed = tier.find_child(
          [](pugi::xml_node annotation) { return !annotation.child("ALIGNABLE_ANNOTATION").empty(); });
      if (!timed) continue;
      with_times.push_back(name);
      only = tier;
    }
    if (!wanted.empty())
      errors_.add(text_.file().string(),
                  fmt::format("has no tier '{}', which data.tier names, but {}", wanted,
                              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    else if (with_times.size() > 1)
      errors_.add(
          text_.file().string(),
          fmt::format("has annotations in several tiers, name the actions': data.tier=NAME, one of {}",
                      fmt::join(with_times, ", ")));
    return wanted.empty() && with_times.size() == 1 ? only : pugi::xml_node();
  }

  void add_action(const pugi::xml_node& annotation, const ListRow& video, std::vector<ListRow>& rows) {
    if (!annotation) return;
    ListRow row = video;
    row.place = text_.place(text_.line_of(static_cast<std::size_t>(annotation.offset_debug())));
    const std::string label(trimmed(annotation.child_value("ANNOTATION_VALUE")));
    if (!label.empty()) row.label = label;
    const auto start = time_of(annotation, "TIME_SLOT_REF1"), end = time_of(annotation, "TIME_SLOT_REF2");
    if (!start || !end)
      return errors_.add(row.place,
                         "refers to a time slot without a time, expected TIME_VALUE in milliseconds");
    row.when = span_of("action", *start, *end, row.place, errors_);
    if (row.when) rows.push_back(std::move(row));
  }

  std::optional<double> time_of(const pugi::xml_node& annotation, const char* reference) const {
    const auto slot = times_.find(annotation.attribute(reference).as_string());
    if (slot == times_.end()) return std::nullopt;
    const std::optional<double> milliseconds = seconds_of(slot->second);
    return milliseconds ? std::optional(*milliseconds * kMillisecond + origin_) : std::nullopt;
  }

  const ListText& text_;
  const ListContext& context_;
  ListErrors& errors_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  double origin_ = 0;
  std::map<std::string, std::string> times_;
};

}  // namespace

std::vector<ListRow> elan_rows(const fs::path& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  for (const fs::path& file : files_of(list, ".eaf")) {
    const std::size_t errors_before = errors.count();
    const ListText text(file, errors);
    if (errors.count() == errors_before) ElanFile(text, context, errors).add_rows(rows);
  }
  return rows;
}

}  // namespace actionflow
