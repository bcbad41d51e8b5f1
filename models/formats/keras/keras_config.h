// Keras' own description of a network (the JSON in "model_config") as a model file of ours.
//
// Keras counts shapes without C×T×H×W in mind: what comes in as (T,H,W,C) is a clip, (H,W,C) one
// picture, (T,F) a sequence of F features (channels F, T frames of 1×1), (F) one vector. Layers keep
// their Keras names, changed only where a name of ours cannot hold a character.
//
// Sequential and functional networks of one input and one output. Keras does not know how pictures
// were prepared (frame rate, range, colour): the description has defaults there and a comment that
// says to check them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/tensor/input_spec.h"

namespace actionflow {

// Where the network's input leaves an extent open, the extent of this form is taken.
struct KerasOpenExtents {
  int frames = 16, height = 120, width = 120;
};

struct KerasDescription {
  std::string yaml;         // a model file
  bool open_input = false;  // an extent of the input was open and has been filled
};

// Throws ModelError that names the layer and its class where Keras has what this project has not.
// `file` is named in messages and in the description's comment.
// `version`: the file's "keras_version", since Keras 2 and 3 mean other functions by one name. Where it is
// empty, the description's own form tells; where that does not, what depends on it is refused.
KerasDescription describe_keras(const std::string& model_config, const std::string& version,
                                const std::string& file, const KerasOpenExtents& open = {});

// A layer's name as the description has it.
std::string layer_name_from_keras(std::string_view name);

}  // namespace actionflow
