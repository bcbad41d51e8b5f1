// Reads an .onnx file.
//
// Of opset 13 and later, with one input beside its constants and one output, of ONNX' own operators. Nodes
// that the output does not need are left out. Weights outside the file are read from its own folder only.
#pragma once

#include <filesystem>
#include <string_view>

#include "models/formats/onnx/graph/onnx_graph.h"

namespace actionflow::onnx {

// Throws ModelError that names the file and, where one is at fault, the node: damaged, another kind of file,
// names given twice or by nothing before them (circles), several inputs or outputs.
OnnxGraph read_graph(const std::filesystem::path& file);
// The same from memory; `file` is named in messages, and its folder is where external data are looked for.
OnnxGraph parse_graph(std::string_view bytes, const std::filesystem::path& file);

// Whether a file that begins so can be one: protobuf has no signature, so the first fields are looked at.
bool looks_like_onnx(std::string_view head);

}  // namespace actionflow::onnx
