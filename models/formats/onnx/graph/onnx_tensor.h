// Tensors as ONNX writes them. Includes protobuf's classes: for the readers in this folder only.
#pragma once

#include <filesystem>
#include <string>

#include "models/formats/onnx/graph/onnx_array.h"
#include "models/formats/onnx/graph/onnx_proto.h"

namespace actionflow::onnx {

// Raw or typed data, or bytes of a file that lies in the model's own folder or below it: absolute paths,
// "..", and links that lead out of the folder are refused. All numeric types up to 64 bits are read, half
// floats (float16, bfloat16) among them. `where` begins messages. Throws ModelError. Nothing is allocated
// that the bytes do not back.
Array read_tensor(const ::onnx::TensorProto& tensor, const std::filesystem::path& model_file,
                  const std::string& where);

}  // namespace actionflow::onnx
