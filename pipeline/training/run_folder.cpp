#include "pipeline/training/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = ".lock";

std::string reason(int error) { return std::generic_category().message(error); }

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
  return json.dump();
}

RunFolder::RunFolder(fs::path path, bool resume) : path_(std::move(path)) {
  std::error_code error;
  if (fs::exists(path_, error) && !fs::is_directory(path_, error))
    throw UsageError(path_.string() + " is a file, expected a folder for the output");
  // Before anything is written into it.
  if (!resume && !fs::exists(path_ / kLockName, error)) refuse_full();
  fs::create_directories(path_, error);
  if (error) throw Error(ExitCode::failure, path_.string() + " cannot be made: " + error.message());
  hold();
  try {
    if (!resume) refuse_full();
    for (const fs::path& file : {last(), best(), metrics(), path_ / "recipe.yaml", path_ / "report.html"})
      remove_leftovers(file);
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

RunFolder::~RunFolder() { ::close(lock_); }

void RunFolder::hold() {
  const std::string file = path_ / kLockName;
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0) throw Error(ExitCode::failure, file + " cannot be written: " + reason(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(lock_);
  if (error == EWOULDBLOCK)
    throw UsageError(path_.string() + " is in use by another training run, expected a folder of its own");
  throw Error(ExitCode::failure, file + " cannot be locked: " + reason(error));
}

void RunFolder::refuse_full() const {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    if (entry.path().filename() == kLockName) continue;
    throw UsageError("the output folder " + path_.string() + " is not empty (" +
                     entry.path().filename().string() +
                     "), expected an empty one, or --resume to go on with its run");
  }
}

void RunFolder::add(const EpochMetrics& metrics) {
  lines_.push_back(metrics.line());
  write_metrics();
}

void RunFolder::write_metrics() const {
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

void RunFolder::write_recipe(const std::string& yaml) const { replace_file(path_ / "recipe.yaml", yaml); }

}  // namespace actionflow
