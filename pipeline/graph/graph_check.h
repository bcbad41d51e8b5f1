// The check of a whole graph before anything of it is built.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// What is wrong with a pipeline, and whether only its model and weight files are.
class Problems {
 public:
  config::Diagnostics& diagnostics() { return diagnostics_; }
  // Runs `work`; what it throws is noted, at `place` where it has none of its own.
  template <class Work>
  void guard(const config::Place& place, Work&& work) {
    try {
      work();
    } catch (...) {
      note_current(place);
    }
  }
  // Throws ConfigError with all of them.
  void throw_if_any() const;

 private:
  void note_current(const config::Place& place);

  config::Diagnostics diagnostics_;
  std::size_t of_models_ = 0;
};

// A node as the file has it, not yet connected.
struct NodeDraft {
  const NodeKind* kind = nullptr;  // null where the file names none: then only the name counts
  std::string name;
  config::Place place;
  std::vector<std::string> from;
  std::vector<config::Place> from_places;
  bool names_streams = false;
  std::vector<std::string> streams;
  std::shared_ptr<Node> node = nullptr;
  config::Value options = {};
  bool wrong = false;  // its options are, which was told
};

// Connects the drafts into description.nodes (its streams stand already): names, types, cycles, loading,
// input forms and class lists. What nobody uses is left out with a warning.
void check_graph(std::vector<NodeDraft> drafts, PipelineDescription& description, Problems& problems);

}  // namespace actionflow
