#include "models/formats/onnx/graph/onnx_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/unknown_field_set.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <set>
#include <system_error>

#include "base/error.h"
#include "models/formats/onnx/graph/conv_lstm_scan.h"
#include "models/formats/onnx/graph/message_count.h"
#include "models/formats/onnx/graph/onnx_tensor.h"

namespace actionflow::onnx {
namespace {

namespace io = google::protobuf::io;
using ::onnx::AttributeProto;
using ::onnx::GraphProto;
using ::onnx::ModelProto;
using ::onnx::NodeProto;

constexpr std::int64_t kOldestOpset = 13;
constexpr std::int64_t kMostExtent = 1 << 24;

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  throw ModelError(fmt::format("{}: {}", file, message));
}

// PyTorch says in field 9 (metadata_props), which older readers do not know, in which module a node stands:
// "['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv3d_1']".
std::string read_scope(const NodeProto& node) {
  constexpr int kMetadataField = 9;
  const auto& fields = node.unknown_fields();
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() != kMetadataField ||
        field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
      continue;
    ::onnx::StringStringEntryProto entry;
    if (!entry.ParseFromString(field.length_delimited()) || entry.key() != "pkg.torch.onnx.name_scopes")
      continue;
    const std::string& list = entry.value();
    const std::size_t last = list.rfind(", '");
    const std::size_t before = last == std::string::npos || last == 0 ? last : list.rfind('\'', last - 2);
    if (before == std::string::npos || before + 1 > last - 1) return {};
    return list.substr(before + 1, last - 1 - before - 1);
  }
  return {};
}

Attribute read_attribute(const AttributeProto& proto, const std::filesystem::path& file, const Node& node) {
  switch (proto.type()) {
    case AttributeProto::FLOAT:
      return proto.f();
    case AttributeProto::INT:
      return static_cast<std::int64_t>(proto.i());
    case AttributeProto::STRING:
      return proto.s();
    case AttributeProto::TENSOR:
      return read_tensor(proto.t(), file,
                         fmt::format("{}: its attribute '{}'", node.where, shown(proto.name())));
    case AttributeProto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case AttributeProto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case AttributeProto::STRINGS:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    case AttributeProto::GRAPH:
      node.fail(
          "holds nodes of its own, as loops and branches do, which are not read here: where the exporter "
          "can, have "
          "it unroll them, as torch.onnx.export does with dynamo=True");
    default:
      node.fail(fmt::format("its attribute '{}' is of a kind that is not read here (type {})",
                            shown(proto.name()), static_cast<int>(proto.type())));
  }
}

Node read_node(const NodeProto& proto, const std::filesystem::path& file) {
  Node node = conv_lstm_of(proto).value_or(Node{});
  const bool joined = !node.op.empty();
  const bool own = proto.domain().empty() || proto.domain() == "ai.onnx";
  const std::string called = !proto.name().empty()     ? proto.name()
                             : proto.output_size() > 0 ? proto.output(0)
                                                       : "";
  if (!joined) node.op = own ? proto.op_type() : proto.domain() + "::" + proto.op_type();
  node.name = called;
  node.where = fmt::format("{}: node '{}' ({})", file.string(), shown(called), shown(node.op));
  node.scope = read_scope(proto);
  if (joined) return node;
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const AttributeProto& attribute : proto.attribute()) {
    if (!node.attributes.emplace(attribute.name(), read_attribute(attribute, file, node)).second)
      node.fail(fmt::format("its attribute '{}' stands twice", shown(attribute.name())));
  }
  return node;
}

void read_input(const GraphProto& proto, OnnxGraph& graph) {
  const ::onnx::ValueInfoProto* input = nullptr;
  for (const auto& one : proto.input()) {
    if (graph.constants.contains(one.name())) continue;  // files of old lead their weights as inputs
    if (input != nullptr)
      refuse(graph.file, fmt::format("has several inputs ('{}', '{}'), expected one", shown(input->name()),
                                     shown(one.name())));
    input = &one;
  }
  if (input == nullptr) refuse(graph.file, "has no input");
  graph.input = input->name();
  if (!input->type().has_tensor_type() || !input->type().tensor_type().has_shape())
    refuse(graph.file, fmt::format("does not say the shape of its input '{}'", shown(graph.input)));
  for (const auto& dim : input->type().tensor_type().shape().dim()) {
    if (dim.has_dim_value() && (dim.dim_value() < 1 || dim.dim_value() > kMostExtent))
      refuse(graph.file,
             fmt::format("its input '{}' has an extent of {}", shown(graph.input), dim.dim_value()));
    graph.input_shape.emplace_back(dim.has_dim_value() ? std::optional<std::int64_t>(dim.dim_value())
                                                       : std::nullopt);
  }
}

void read_constants(GraphProto& proto, const std::filesystem::path& file, OnnxGraph& graph) {
  for (auto& tensor : *proto.mutable_initializer()) {
    const std::string where = fmt::format("{}: initialiser '{}'", graph.file, shown(tensor.name()));
    auto array = std::make_shared<const Array>(read_tensor(tensor, file, where));
    if (!graph.constants.emplace(tensor.name(), std::move(array)).second) refuse(where, "stands twice");
    std::string().swap(*tensor.mutable_raw_data());  // the weights are not to be held twice
  }
  if (proto.sparse_initializer_size() > 0)
    refuse(graph.file, "has sparse initialisers, which are not read here");
}

void check_opset(const ModelProto& model, OnnxGraph& graph) {
  for (const auto& opset : model.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") graph.opset = opset.version();
  }
  if (graph.opset < kOldestOpset)
    refuse(graph.file,
           fmt::format("is of opset {}, expected {} or later: export it again, or upgrade it with "
                       "onnx.version_converter",
                       graph.opset, kOldestOpset));
}

// The indices of nodes that the output needs, after checking that each value is given once and before it
// is read.
std::vector<bool> needed_nodes(const GraphProto& proto, const OnnxGraph& graph) {
  std::map<std::string, int> givers;
  std::set<std::string> known{graph.input};
  for (const auto& [name, array] : graph.constants) known.insert(name);
  for (int i = 0; i < proto.node_size(); ++i) {
    const NodeProto& node = proto.node(i);
    const std::string where =
        fmt::format("{}: node '{}' ({})", graph.file, shown(node.name()), shown(node.op_type()));
    for (const std::string& input : node.input()) {
      if (!input.empty() && !known.contains(input))
        refuse(where, fmt::format("reads '{}', which nothing before it gives", shown(input)));
    }
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      if (!known.insert(output).second) refuse(where, fmt::format("gives '{}' once more", shown(output)));
      givers.emplace(output, i);
    }
  }
  if (!givers.contains(graph.output))
    refuse(graph.file, fmt::format("no node gives its output '{}'", shown(graph.output)));
  std::vector<bool> needed(static_cast<std::size_t>(proto.node_size()), false);
  needed[static_cast<std::size_t>(givers[graph.output])] = true;
  for (int i = proto.node_size(); i-- > 0;) {
    if (!needed[static_cast<std::size_t>(i)]) continue;
    for (const std::string& input : proto.node(i).input()) {
      if (const auto giver = givers.find(input); giver != givers.end())
        needed[static_cast<std::size_t>(giver->second)] = true;
    }
  }
  return needed;
}

OnnxGraph to_graph(ModelProto& model, const std::filesystem::path& file) {
  OnnxGraph graph;
  graph.file = file.string();
  if (!model.has_graph() || model.graph().node_size() == 0) refuse(graph.file, "is no ONNX file, or damaged");
  check_opset(model, graph);
  for (const auto& entry : model.metadata_props()) graph.metadata.emplace(entry.key(), entry.value());
  GraphProto& proto = *model.mutable_graph();
  read_constants(proto, file, graph);
  read_input(proto, graph);
  if (proto.output_size() != 1)
    refuse(graph.file, fmt::format("has {} outputs, expected one", proto.output_size()));
  graph.output = proto.output(0).name();
  const std::vector<bool> needed = needed_nodes(proto, graph);
  ++graph.readers[graph.output];
  for (int i = 0; i < proto.node_size(); ++i) {
    if (!needed[static_cast<std::size_t>(i)]) continue;
    graph.nodes.push_back(read_node(proto.node(i), file));
    for (const std::string& input : graph.nodes.back().inputs) ++graph.readers[input];
  }
  return graph;
}

}  // namespace

OnnxGraph read_graph(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    refuse(file.string(), fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
  io::FileInputStream stream(descriptor);
  stream.SetCloseOnDelete(true);
  check_message_count(stream, file.string());
  if (::lseek(descriptor, 0, SEEK_SET) != 0) refuse(file.string(), "cannot be read twice");
  io::FileInputStream again(descriptor);
  ModelProto model;
  if (!model.ParseFromZeroCopyStream(&again)) refuse(file.string(), "is no ONNX file, or damaged");
  return to_graph(model, file);
}

OnnxGraph parse_graph(std::string_view bytes, const std::filesystem::path& file) {
  const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  io::ArrayInputStream stream(bytes.data(), size);
  check_message_count(stream, file.string());
  ModelProto model;
  if (!model.ParseFromArray(bytes.data(), size)) refuse(file.string(), "is no ONNX file, or damaged");
  return to_graph(model, file);
}

bool looks_like_onnx(std::string_view head) {
  // ir_version (field 1, a number) comes first from every writer that is known, then its producer's name or
  // the opsets.
  constexpr char kIrVersion = 0x08, kNewestVersion = 0x20;
  return head.size() > 3 && head[0] == kIrVersion && head[1] > 0 && head[1] < kNewestVersion &&
         (head[2] == 0x12 || head[2] == 0x1A || head[2] == 0x42 || head[2] == 0x3A);
}

}  // namespace actionflow::onnx
