// An ONNX file as a model file of ours, with its weights.
//
// What the file computes is kept, not how: constants are folded, transposes and reshapes vanish where an
// operation can read its input as it lies (axis_view.h), an activation becomes an option of the layer before.
// Layers are called as the file calls its weights' modules or nodes. Batches are taken as 1. An input of five
// axes is N×C×T×H×W, N×T×C×H×W or N×T×H×W×C, of four N×C×H×W or N×H×W×C (one picture), of three N×T×C or
// N×C×T (a sequence), of two N×C: whichever the first convolution or recurrent layer can read as it lies.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/weights/weights.h"

namespace actionflow {

// Where the network's input leaves an extent open, the extent of this form is taken.
struct OnnxOpenExtents {
  int frames = 16, height = 112, width = 112;
};

struct OnnxNetwork {
  std::string yaml;  // a model file
  Weights weights;
  bool open_input = false;  // an extent of the input was open and has been filled
  std::string held_yaml;    // the description that this project wrote into the file; empty in others' files
};

// Throws ModelError that names the file, and the node and its operator where this project lacks something.
OnnxNetwork read_onnx(const std::filesystem::path& file, const OnnxOpenExtents& open = {});
// The same from memory; external data are looked for beside `file`.
OnnxNetwork parse_onnx(std::string_view bytes, const std::filesystem::path& file,
                       const OnnxOpenExtents& open = {});

}  // namespace actionflow
