#include "models/formats/onnx/graph/message_count.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace actionflow::onnx {
namespace {

namespace io = google::protobuf::io;

constexpr int kMostParts = 500'000;

// Which fields of a message hold messages or texts that are many, by the message's own name.
struct Part {
  int field;
  char message;  // '-': nothing below it counts
};

const std::vector<Part>& parts_of(char message) {
  static const std::vector<Part> kNone;
  static const std::vector<Part> kModel{{7, 'g'}, {8, '-'}, {14, '-'}, {20, '-'}, {25, '-'}};
  static const std::vector<Part> kGraph{{1, 'n'},  {5, 't'},  {11, 'v'}, {12, 'v'},
                                        {13, 'v'}, {14, '-'}, {15, '-'}};
  static const std::vector<Part> kNode{{1, '-'}, {2, '-'}, {5, 'a'}, {9, '-'}};
  static const std::vector<Part> kAttribute{{5, 't'},  {6, 'g'},  {9, '-'},  {10, 't'}, {11, 'g'},
                                            {14, '-'}, {15, '-'}, {22, '-'}, {23, '-'}};
  static const std::vector<Part> kTensor{{6, '-'}, {13, '-'}};
  static const std::vector<Part> kValueInfo{{2, 'y'}};
  static const std::vector<Part> kType{{1, 's'}};
  static const std::vector<Part> kTensorType{{2, 'd'}};
  static const std::vector<Part> kShape{{1, '-'}};
  switch (message) {
    case 'm':
      return kModel;
    case 'g':
      return kGraph;
    case 'n':
      return kNode;
    case 'a':
      return kAttribute;
    case 't':
      return kTensor;
    case 'v':
      return kValueInfo;
    case 'y':
      return kType;
    case 's':
      return kTensorType;
    case 'd':
      return kShape;
    default:
      return kNone;
  }
}

// Adds what stands up to the stream's limit. False where the bytes are no fields or nested too deeply.
bool count_parts(io::CodedInputStream& stream, char message, int depth, int& parts) {
  constexpr int kDeepest = 64;
  constexpr std::uint32_t kLengthDelimited = 2, kWireBits = 3, kWireMask = 7;
  if (depth > kDeepest) return false;
  while (const std::uint32_t tag = stream.ReadTag()) {
    const std::uint32_t wire = tag & kWireMask;
    const auto field = static_cast<int>(tag >> kWireBits);
    if (wire != kLengthDelimited) {
      std::uint64_t whole = 0;
      std::uint32_t half = 0;
      const bool read = wire == 0   ? stream.ReadVarint64(&whole)
                        : wire == 1 ? stream.ReadLittleEndian64(&whole)
                                    : wire == 5 && stream.ReadLittleEndian32(&half);
      if (!read) return false;
      continue;
    }
    int length = 0;
    if (!stream.ReadVarintSizeAsInt(&length)) return false;
    const auto& known = parts_of(message);
    const auto part =
        std::find_if(known.begin(), known.end(), [&](const Part& p) { return p.field == field; });
    if (part != known.end() && ++parts > kMostParts) return true;
    if (part == known.end() || part->message == '-') {
      if (!stream.Skip(length)) return false;
      continue;
    }
    const auto limit = stream.PushLimit(length);
    if (!count_parts(stream, part->message, depth + 1, parts)) return false;
    if (parts > kMostParts) return true;
    if (stream.BytesUntilLimit() > 0) return false;
    stream.PopLimit(limit);
  }
  return stream.ConsumedEntireMessage();
}

}  // namespace

void check_message_count(io::ZeroCopyInputStream& bytes, const std::string& file) {
  io::CodedInputStream stream(&bytes);
  int parts = 0;
  if (!count_parts(stream, 'm', 0, parts)) throw ModelError(file + ": is no ONNX file, or damaged");
  if (parts > kMostParts)
    throw ModelError(fmt::format("{}: has more than {} nodes, names and attributes", file, kMostParts));
}

}  // namespace actionflow::onnx
