// A bound on what parsing an ONNX file allocates: a message of two bytes becomes hundreds in memory, so they
// are counted before any is made.
#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include <string>

namespace actionflow::onnx {

// Throws ModelError that begins with `file` where the bytes are no fields of protobuf's, or hold too many
// messages. Reads the stream to its end.
void check_message_count(google::protobuf::io::ZeroCopyInputStream& bytes, const std::string& file);

}  // namespace actionflow::onnx
