#include "pipeline/run/saved_settings.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/files/atomic_file.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

// A file of no more than its owner is replaced by one of no more than its owner.
void make_private(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return;
  replace_file(file, "{}\n");
  chmod(file.c_str(), 0600);
}

bool without_name(Json& list, const std::string& name) {
  const auto at = std::find(list.begin(), list.end(), Json(name));
  if (at == list.end()) return false;
  list.erase(at);
  return true;
}

}  // namespace

std::filesystem::path SavedSettings::file_of(const std::filesystem::path& pipeline) {
  const std::string name = pipeline.stem().string() + ".settings.json";
  const char* state = std::getenv("STATE_DIRECTORY");
  if (!state || !*state) return pipeline.parent_path() / name;
  const std::string folders = state;
  return std::filesystem::path(folders.substr(0, folders.find(':'))) / name;
}

SavedSettings::SavedSettings(std::filesystem::path file) : file_(std::move(file)) {
  std::ifstream stream(file_);
  if (file_.empty() || !stream) return;
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  settings_ = Json::parse(text, nullptr, false);
  if (settings_.is_object()) return;
  config::Diagnostics wrong;
  wrong.add({std::make_shared<const std::string>(file_.string()), 0, 0, nullptr},
            "is no JSON object, expected what the page has written there; without the file all is as the "
            "pipeline file has it");
  wrong.throw_if_any();
}

config::Value SavedSettings::value_of(const Json& settings) const {
  if (settings.empty()) return {};
  return config::parse(json_text(settings, 1), file_.empty() ? "settings" : file_.string());
}

config::Value SavedSettings::value() const {
  const std::lock_guard lock(mutex_);
  return value_of(settings_);
}

config::Value SavedSettings::value_with(const Json& patch) const {
  const std::lock_guard lock(mutex_);
  Json changed = settings_;
  changed.merge_patch(patch);
  return value_of(changed);
}

void SavedSettings::change(const Json& patch) {
  const std::lock_guard lock(mutex_);
  settings_.merge_patch(patch);
  save();
}

void SavedSettings::put_stream(const std::string& name, Json options) {
  const std::lock_guard lock(mutex_);
  settings_["streams"][name] = std::move(options);
  if (settings_.contains("removed")) without_name(settings_["removed"], name);
  save();
}

void SavedSettings::remove_stream(const std::string& name, const std::set<std::string>& file_streams) {
  const std::lock_guard lock(mutex_);
  if (settings_.contains("streams")) settings_["streams"].erase(name);
  Json& removed = settings_["removed"];
  if (!removed.is_array()) removed = Json::array();
  without_name(removed, name);
  removed.push_back(name);
  keep_removed(file_streams);
  save();
}

void SavedSettings::forget_removed_but(const std::set<std::string>& file_streams) {
  const std::lock_guard lock(mutex_);
  if (settings_.contains("removed") && keep_removed(file_streams)) save();
}

bool SavedSettings::keep_removed(const std::set<std::string>& file_streams) {
  Json kept = Json::array();
  for (const Json& name : settings_["removed"])
    if (name.is_string() && file_streams.contains(name.get<std::string>())) kept.push_back(name);
  const bool fewer = kept.size() < settings_["removed"].size();
  if (kept.empty())
    settings_.erase("removed");
  else
    settings_["removed"] = std::move(kept);
  return fewer;
}

void SavedSettings::save() const {
  if (file_.empty()) return;
  make_private(file_);
  replace_file(file_, json_text(settings_, 1) + "\n");
}

}  // namespace actionflow
