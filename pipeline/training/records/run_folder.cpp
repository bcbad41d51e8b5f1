#include "pipeline/training/records/run_folder.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = ".lock";

// JSON has no NaN.
nlohmann::ordered_json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

}  // namespace

std::string EpochMetrics::line() const {
  nlohmann::ordered_json json;
  json["epoch"] = epoch;
  json["loss"] = number(loss);
  json["train_top1"] = number(train_top1);
  json["val_top1"] = number(val_top1);
  json["val_loss"] = number(val_loss);
  json["samples_per_second"] = number(samples_per_second);
  json["data_wait"] = number(data_wait);
  json["learning_rate"] = number(learning_rate);
  json["step"] = step;
  json["substituted"] = substituted;
  json["seconds"] = number(seconds);
  return json_text(json);
}

namespace {

void refuse_full(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() == kLockName) continue;
    throw UsageError("the output folder " + folder.string() + " is not empty (" +
                     entry.path().filename().string() +
                     "), expected an empty one, or --resume to go on with its run");
  }
}

// Before anything is written into it.
void require_free(const fs::path& folder, bool resume) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    throw UsageError(folder.string() + " is a file, expected a folder for the output");
  if (!resume && !fs::exists(folder / kLockName, error)) refuse_full(folder);
}

FileLock held(const fs::path& folder, bool resume) {
  require_free(folder, resume);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(ExitCode::failure, folder.string() + " cannot be made: " + error.message());
  if (auto lock = FileLock::try_take(folder / kLockName)) return std::move(*lock);
  throw UsageError(folder.string() + " is in use by another training run, expected a folder of its own");
}

}  // namespace

RunFolder::RunFolder(fs::path path, bool resume, bool writes) : path_(std::move(path)) {
  if (!writes) return;
  lock_ = held(path_, resume);
  if (!resume) refuse_full(path_);
  for (const fs::path& file : {last(), best(), metrics(), path_ / "recipe.yaml", path_ / "report.html"})
    remove_leftovers(file);
}

void RunFolder::try_to_take_over() {
  if (!lock_) lock_ = FileLock::try_take(path_ / kLockName);
}

void RunFolder::add(const EpochMetrics& metrics) {
  lines_.push_back(metrics.line());
  write_metrics();
}

void RunFolder::write_metrics() const {
  if (!writes()) return;
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  replace_file(metrics(), text);
}

void RunFolder::cut_metrics(int epochs) {
  std::ifstream file(metrics());
  std::vector<std::string> kept;
  bool cut = false;
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    const bool ours = json.is_object() && json.contains("epoch") && json["epoch"].is_number_integer();
    if (ours && json["epoch"] == static_cast<int>(kept.size()) + 1 && json["epoch"] <= epochs) {
      kept.push_back(line);
    } else {
      cut = true;
    }
  }
  lines_ = std::move(kept);
  if (cut) write_metrics();
}

void RunFolder::write_recipe(const std::string& yaml) const {
  if (writes()) replace_file(path_ / "recipe.yaml", yaml);
}

}  // namespace actionflow
