#include "models/formats/onnx/writing/onnx_export.h"

#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "models/formats/onnx/graph/graph_writer.h"
#include "models/formats/onnx/writing/operation_writer.h"

namespace actionflow {
namespace {

constexpr std::int64_t kOpset = 17;
constexpr std::int64_t kIrVersion = 8;

void add_extents(::onnx::ValueInfoProto& value, const std::string& name, const Extents& extents, bool flat) {
  value.set_name(name);
  auto& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(::onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("N");
  type.mutable_shape()->add_dim()->set_dim_value(extents.c);
  if (flat) return;
  for (const std::int64_t extent : {extents.t, extents.h, extents.w})
    type.mutable_shape()->add_dim()->set_dim_value(extent);
}

void add_entry(::onnx::ModelProto& proto, std::string_view key, const std::string& value) {
  auto& entry = *proto.add_metadata_props();
  entry.set_key(std::string(key));
  entry.set_value(value);
}

::onnx::ModelProto to_proto(const Model& model) {
  const Graph& graph = model.architecture.graph;
  ::onnx::ModelProto proto;
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("actionflow");
  proto.add_opset_import()->set_version(kOpset);
  add_entry(proto, kOnnxModelKey, model.architecture.yaml);
  ::onnx::GraphProto& written = *proto.mutable_graph();
  written.set_name(model.architecture.name);
  onnx::OperationWriter writer(written, model.weights);
  add_extents(*written.add_input(), writer.input_name(), graph.input, false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) writer.write(graph, static_cast<int>(i));
  const Extents& result = graph.extents(graph.output);
  const bool flat = result.positions() == 1;
  add_extents(*written.add_output(), writer.finish(graph.output, flat), result, flat);
  return proto;
}

class AtomicStream : public google::protobuf::io::CopyingOutputStream {
 public:
  explicit AtomicStream(AtomicFile& file) : file_(file) {}
  bool Write(const void* buffer, int size) override {
    file_.write(buffer, static_cast<std::size_t>(size));
    return true;
  }

 private:
  AtomicFile& file_;
};

}  // namespace

std::string print_onnx(const Model& model) { return to_proto(model).SerializeAsString(); }

void write_onnx(const Model& model, const std::filesystem::path& file) {
  const ::onnx::ModelProto proto = to_proto(model);
  constexpr std::size_t kMostBytes = (std::size_t{1} << 31) - 1;  // protobuf's own bound
  if (proto.ByteSizeLong() > kMostBytes)
    throw ModelError(
        fmt::format("{}: the network has more than the 2 GiB that an ONNX file holds", file.string()));
  AtomicFile out(file);
  AtomicStream stream(out);
  {
    google::protobuf::io::CopyingOutputStreamAdaptor adaptor(&stream);
    proto.SerializeToZeroCopyStream(&adaptor);
    adaptor.Flush();
  }
  out.commit();
}

}  // namespace actionflow
