#include "pipeline/graph/output_check.h"

#include <filesystem>

namespace actionflow {

namespace {

namespace fs = std::filesystem;

// By links, dots and folders the same file may have several names.
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return true;
  const auto plain = [&](const fs::path& path) { return fs::weakly_canonical(fs::absolute(path), error); };
  return plain(a) == plain(b);
}

bool is_device_or_pipe(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_regular_file(path, error);
}

struct Output {
  const NodeUse& use;
  fs::path path;
};

class OutputCheck {
 public:
  OutputCheck(const PipelineDescription& description, config::Diagnostics& diagnostics)
      : description_(description), diagnostics_(diagnostics) {}

  void run() {
    for (const NodeDescription& node : description_.nodes) {
      std::vector<std::string> streams;
      for (const StreamId id : node.use.streams)
        streams.push_back(description_.streams[static_cast<std::size_t>(id)].name);
      for (const fs::path& path : node.node->outputs(streams)) check(node.use, path);
    }
  }

 private:
  void check(const NodeUse& use, const fs::path& path) {
    if (is_device_or_pipe(path)) return;
    for (const StreamDescription& stream : description_.streams) {
      if (!same_file(stream.source.source, path)) continue;
      add(use, path, "is the source of stream '" + stream.name + "'");
    }
    for (const Output& other : written_) {
      if (!same_file(other.path, path)) continue;
      add(use, path,
          &other.use == &use ? "would hold two streams"
                             : "is written by '" + other.use.name + "' (line " +
                                   std::to_string(other.use.place.line) + ") too");
    }
    written_.push_back({use, path});
  }

  void add(const NodeUse& use, const fs::path& path, const std::string& what) {
    diagnostics_.add(use.place, "'" + use.name + "' would overwrite " + path.string() + ", which " + what +
                                    ", expected a file of its own");
  }

  const PipelineDescription& description_;
  config::Diagnostics& diagnostics_;
  std::vector<Output> written_;
};

}  // namespace

void check_outputs(const PipelineDescription& description, config::Diagnostics& diagnostics) {
  OutputCheck(description, diagnostics).run();
}

}  // namespace actionflow
