#include "pipeline/recipe/recipe_files.h"

#include <fmt/format.h>

#include "base/text/remote_name.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/shard_names.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

class FileCheck {
 public:
  FileCheck(const Recipe& recipe, const config::Value& document) : recipe_(recipe), document_(document) {}

  void data() {
    const DataOptions& lists = recipe_.data.lists;
    const bool no_root = !lists.root.empty() && !is_remote(lists.root.native()) && !is_folder(lists.root);
    if (no_root)
      add("data", "root", lists.root, is_there(lists.root) ? "that is no folder" : "there is no such folder",
          "the folder that holds the videos");
    const auto require = [&](const char* key, const fs::path& path, const char* expected) {
      // Without its root a list below it need not be named.
      if (no_root && path.native().starts_with(lists.root.native())) return;
      if (path.empty() || is_remote(path.native())) return;
      for (const std::string& file : shard_names(path.string()))
        if (!is_there(file)) return add("data", key, file, "there is no such file", expected);
    };
    require("classes", lists.classes, "a list of the classes' names, under data.root or beside the recipe");
    constexpr const char* kList = "a list of videos, under data.root or beside the recipe";
    require("train", lists.train, kList);
    require("val", lists.val, kList);
    if (lists.folds == 0) require("test", lists.test, kList);
    require("other", lists.other, kList);
    require("unknown", lists.unknown, kList);
  }

  void first_weights() {
    const fs::path& weights = recipe_.init.weights;
    if (!weights.empty() && !is_remote(weights.native()) && !is_there(weights))
      add("init", "weights", weights, "there is no such file",
          "weights to begin with, or none: init.weights=");
  }

  void throw_if_any() const {
    if (!diagnostics_.empty())
      throw config::ConfigError(diagnostics_.sorted(), diagnostics_.render(), ExitCode::model);
  }

 private:
  void add(const char* section, const char* key, const fs::path& path, const char* what,
           const char* expected) {
    const config::Value* within = document_.find(section);
    const config::Value* written = within != nullptr ? within->find(key) : nullptr;
    const std::string resolved = fs::absolute(path).lexically_normal().string();
    const std::string text =
        written != nullptr && written->is_scalar() && !written->secret() ? written->text() : "";
    const std::string named = text.empty() || text == resolved
                                  ? fmt::format("'{}'", resolved)
                                  : fmt::format("'{}', that is '{}'", text, resolved);
    diagnostics_.add(written != nullptr ? written->place() : document_.place(),
                     fmt::format("{}.{} is {}, and {}, expected {}", section, key, named, what, expected));
  }

  const Recipe& recipe_;
  const config::Value& document_;
  config::Diagnostics diagnostics_;
};

}  // namespace

void require_data_files(const Recipe& recipe, const config::Value& document) {
  FileCheck check(recipe, document);
  check.data();
  check.throw_if_any();
}

void require_training_files(const Recipe& recipe, const config::Value& document) {
  FileCheck check(recipe, document);
  check.data();
  check.first_weights();
  check.throw_if_any();
}

}  // namespace actionflow
