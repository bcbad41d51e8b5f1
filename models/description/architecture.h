// A network's description: its input form, its classes and its layers, read from YAML.
//
//   name: robust_3d
//   input: {channels: 3, frames: 10, frame_rate: 10, height: 64, width: 64}
//   classes: 10                     # a number, or a list of names
//   layers:
//     - {layer: conv3d, filters: 16, kernel: 3, padding: same, activation: relu}
//     - {layer: batch_norm}
//     - {layer: max_pool3d, size: 2}
//     - {layer: flatten}
//     - {layer: dropout, rate: 0.5}
//     - {layer: dense, units: classes, activation: softmax}
//
// A layer's input is the one before it, or `from: name` / `from: [names]` (`input` is the clip).
// `blocks:` names lists of layers with parameters, used as `{block: residual, filters: 64}`; inside,
// `$filters` stands for a parameter. `extends: file` takes over what another file says. See docs/models.md.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/tensor/input_spec.h"
#include "models/graph/graph.h"

namespace actionflow {

// A layer as it stands in the network, for tables and weight formats.
struct LayerInfo {
  std::string name;
  std::string type;  // conv3d, batch_norm, …
  config::Place place;
  Extents output;
  std::vector<Parameter> parameters;
  std::int64_t macs = 0;  // for one clip: products in convolution, dense, recurrent, projection
};

struct Architecture {
  std::string name;
  InputSpec input;
  // Whether it labels every sample and its state may be carried along a stream: causal throughout, ends in
  // action scores, and input.frames is the length of a training sequence.
  bool streams = false;
  std::vector<std::string> classes;  // names; "class 0", … when the file gives a number only
  std::vector<LayerInfo> layers;
  Graph graph;
  // The description as it took effect (overrides, classes), as text: parse_architecture() makes an equal
  // network of it. Stands in a weights file's header.
  std::string yaml;

  std::int64_t parameter_count() const;            // with moving mean and variance, as Keras counts
  std::int64_t trainable_parameter_count() const;  // without
  std::int64_t macs() const;

  // Whether its classes are more than numbers.
  bool names_classes() const;
  // Whether the last layer is action_scores: of streams, or of windows.
  bool gives_action_scores() const;
};

inline constexpr const char* kDefaultsHelp = "options by kind of layer, for each that does not say otherwise";
inline constexpr const char* kStreamsHelp = "a label for every sample; its state is carried along the stream";

// Throws config::ConfigError with every error at once: unknown layers and options (did you mean),
// shapes that do not fit (layer, line and both shapes), names used twice. `classes`, where not
// empty, replaces the file's own. Nothing is allocated for a network's values: a description of any size
// is refused or read quickly.
Architecture read_architecture(const config::Value& root, const std::vector<std::string>& classes = {});
Architecture load_architecture(const std::filesystem::path& file,
                               std::span<const config::Override> overrides = {});
// Of a text that stands for itself: it extends nothing.
Architecture parse_architecture(std::string_view yaml, const std::string& name);

// What sets two networks apart, the input form, classes or first layer that differs, as a sentence; empty
// where they are equal. Their names do not count.
std::string difference(const Architecture& a, const Architecture& b);

// JSON schema of a model file.
std::string architecture_schema();

}  // namespace actionflow
