// The node of every kind of sink whose messages wait in a spool: kinds differ in their options and their
// sink.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nodes/delivery/spool_options.h"
#include "nodes/flow/node.h"
#include "nodes/sinks/spooled_sink.h"

namespace actionflow {

// Has the events of `input` given to it, and its state measured.
void add_spooled_sink(Flow& flow, const NodeUse& use, const NodeOutput& input,
                      const std::shared_ptr<SpooledSink>& sink);

// `Sink` is made of a SpooledUse and its options, a described struct O with
//   static constexpr SpoolFormat kFormat;
//   SpoolOptions spool;
//   std::vector<fs::path> files() const;    // that it reads: certificates, keys; empty paths too
//   std::string warning() const;            // what a person should know; may be empty
template <class O, class Sink>
class SpooledNode : public Node {
 public:
  using Options = O;
  explicit SpooledNode(Options options) : options_(std::move(options)) {}

  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics&) override {
    file_ = options_.spool.file_of(use.name, use.place);
    labels_ = around.inputs.front()->classes();
    std::erase(labels_, "none");
  }

  std::vector<std::filesystem::path> inputs() const override { return options_.files(); }
  std::vector<std::filesystem::path> outputs(const std::vector<std::string>&) const override {
    return {file_};
  }

  std::vector<std::string> warnings() const override {
    if (const std::string warning = options_.warning(); !warning.empty()) return {warning};
    return {};
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    const SpooledUse spooled{use.name, Options::kFormat, file_, options_.spool.limit,
                             labels_,  flow.shared_run()};
    add_spooled_sink(flow, use, inputs.front(), std::make_shared<Sink>(spooled, options_));
    return {};
  }

 private:
  Options options_;
  std::filesystem::path file_;
  std::vector<std::string> labels_;
};

template <class Options, class Sink>
NodeKind spooled_kind(std::string help) {
  return node_kind<SpooledNode<Options, Sink>>(std::string(Options::kFormat.kind), std::move(help),
                                               {PortType::events}, PortType::nothing, false);
}

}  // namespace actionflow
