// Changes of a pipeline while it runs: by its description read anew, or one at a time.
//
// A description read anew is compared with the one before, and only what differs is touched: streams are
// attached, detached and replaced, weights exchanged between two clips, options changed between two items.
// What the other streams give is not changed by it. A description with an error in it is told and changes
// nothing; neither does what a running graph cannot take up, which is told with the mend, a restart. A change
// that was made in between by put_stream() and its like stands until the description changes the same thing.
//
// All members may be called from any thread; one change is made after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/run/pipeline.h"

namespace actionflow {

class Reload {
 public:
  // Reads the description, whole and checked; throws as load_pipeline() does.
  using Read = std::function<PipelineDescription()>;

  // `running` is what `pipeline`, which must outlive this object, was made of; `name` is what messages call
  // it.
  Reload(Pipeline& pipeline, const PipelineDescription& running, std::string name, Read read);

  // Reads the description and takes up what is new in it. Whatever is wrong is logged; the run goes on.
  void reload() noexcept;
  // The same with a description that was read already.
  void take_up(const PipelineDescription& description);

  // Of a pipeline whose cameras a group shares: of the streams that are described, now and later, those of
  // these names run and no others. None does before the first call. Returns when it is so; what cannot be
  // attached is logged.
  void hold(const std::set<std::string>& names);
  // Whether it is such a pipeline.
  bool shared() const { return graph_.share.has_value(); }

  // Nodes whose options may change, as the description has them now.
  struct Changeable {
    config::Value options;
    std::shared_ptr<const Node> node;
  };
  std::map<std::string, Changeable> changeable() const;
  // Of the page's videos.
  OverlayLook look() const;
  // PipelineDescription::file_streams, as read last.
  std::set<std::string> file_streams() const;
  // What a stream runs from; nullopt where there is none of that name.
  std::optional<SourceOptions> source_of(const std::string& stream) const;
  // Adds a stream, or changes the source of the one of that name; nothing where it has that source already.
  // Throws UsageError where no decode node takes it or the run is over. Gives whether there was anything to
  // do.
  bool put_stream(const StreamDescription& stream);
  // Throws UsageError where there is none of that name.
  void remove_stream(const std::string& name);
  // Goes on with another network and its weights from the next clip on; nothing where they are the same.
  // Throws ModelError where it does not fit, UsageError where no network stands under that name.
  void exchange(const std::string& node, const Model& model);

 private:
  using Sources = std::map<std::string, SourceOptions>;
  using Fingerprints = std::map<std::string, std::uint64_t>;
  class Report;

  static Sources sources_of(const PipelineDescription& description);
  void take_up_streams(const PipelineDescription& description, Report& report);
  void take_up_weights(const PipelineDescription& description, const std::vector<std::string>& other,
                       Report& report);
  void take_up_options(const PipelineDescription& description, const std::vector<std::string>& other,
                       Report& report);
  bool put(const StreamDescription& stream);
  void remove(const std::string& name);
  bool exchange_if_other(const std::string& node, const Model& model, std::uint64_t fingerprint);

  Pipeline& pipeline_;
  const std::string name_;
  const Read read_;
  const PipelineDescription graph_;  // its streams are those at the beginning
  mutable std::mutex mutex_;
  std::set<std::string> file_streams_;
  // As the description was read last, and as they run by whoever's wish; networks by node.
  Sources described_, running_;
  std::optional<std::set<std::string>> held_;  // those that may run; nullopt: all
  Fingerprints described_models_, running_models_;
  std::map<std::string, Changeable> changeable_;
  OverlayLook look_;
};

}  // namespace actionflow
