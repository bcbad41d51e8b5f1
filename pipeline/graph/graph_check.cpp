#include "pipeline/graph/graph_check.h"

#include <algorithm>
#include <set>

namespace actionflow {

void Problems::note_current(const config::Place& place) {
  try {
    throw;
  } catch (const config::ConfigError& error) {
    for (const config::Diagnostic& one : error.diagnostics())
      diagnostics_.add(one.place, one.message, one.hint);
    if (error.exit_code() == ExitCode::model) of_models_ += error.diagnostics().size();
  } catch (...) {
    const Failure failure = Failure::from_current_exception();
    diagnostics_.add(place, failure.message);
    if (failure.code == ExitCode::model) ++of_models_;
  }
}

void Problems::throw_if_any() const {
  if (diagnostics_.empty()) return;
  const bool only_models = of_models_ == diagnostics_.list().size();
  throw config::ConfigError(diagnostics_.list(), diagnostics_.render(),
                            only_models ? ExitCode::model : ExitCode::usage);
}

namespace {

// Connects drafts by index. An input that could not be found is −1.
class GraphChecker {
 public:
  GraphChecker(std::vector<NodeDraft> drafts, PipelineDescription& description, Problems& problems)
      : description_(description), problems_(problems) {
    for (NodeDraft& draft : drafts) {
      if (draft.kind) {
        drafts_.push_back(std::move(draft));
      } else {
        unknown_.insert(draft.name);
      }
    }
    inputs_.resize(drafts_.size());
  }

  void run() {
    for (std::size_t i = 0; i < drafts_.size(); ++i) looking_at(i, [&] { find_inputs(i); });
    for (std::size_t i = 0; i < drafts_.size(); ++i) looking_at(i, [&] { check_types(i); });
    if (!order()) return;
    find_needed();
    for (const std::size_t i : order_) {
      if (needed_.contains(i)) looking_at(i, [&] { find_streams(i); });
    }
    find_unsettled();
    load();
    settle();
    describe();
  }

 private:
  NodeDraft& draft(int index) { return drafts_[static_cast<std::size_t>(index)]; }
  bool takes_packets(const NodeDraft& draft) const {
    return draft.kind->inputs == std::vector<PortType>{PortType::packets};
  }

  // What is found is wrong with this node.
  template <class Look>
  void looking_at(std::size_t i, Look&& look) {
    const std::size_t before = problems_.diagnostics().list().size();
    look();
    if (drafts_[i].wrong || problems_.diagnostics().list().size() > before) wrong_.insert(i);
  }

  void find_inputs(std::size_t i) {
    const NodeDraft& self = drafts_[i];
    for (std::size_t k = 0; k < self.from.size(); ++k) {
      const auto found = std::find_if(drafts_.begin(), drafts_.end(),
                                      [&](const NodeDraft& other) { return other.name == self.from[k]; });
      inputs_[i].push_back(found == drafts_.end() ? -1 : static_cast<int>(found - drafts_.begin()));
      if (found != drafts_.end() || unknown_.contains(self.from[k])) continue;
      std::vector<std::string> names;
      for (const NodeDraft& other : drafts_) names.push_back(other.name);
      add(self.from_places[k], "there is no node '" + self.from[k] + "'",
          config::did_you_mean(self.from[k], names));
    }
  }

  void check_types(std::size_t i) {
    const NodeDraft& self = drafts_[i];
    if (takes_packets(self)) {
      if (!self.from.empty())
        add(self.from_places[0], "'" + self.name + "' takes streams, expected no 'from'");
      return;
    }
    if (self.names_streams) {
      add(self.place, "'" + self.name + "' names streams, expected that of decode nodes only");
    }
    const std::vector<PortType>& types = self.kind->inputs;
    const bool fits = self.kind->many ? self.from.size() >= types.size() : self.from.size() == types.size();
    if (!fits) {
      std::string wanted;
      for (const PortType type : types) wanted += (wanted.empty() ? "" : ", ") + std::string(to_string(type));
      add(self.place, "'" + self.name + "' (" + self.kind->name + ") has " +
                          std::to_string(self.from.size()) + " inputs, expected from: with " +
                          std::to_string(types.size()) + (self.kind->many ? " or more" : "") + " (" + wanted +
                          ")");
      return;
    }
    for (std::size_t k = 0; k < self.from.size(); ++k) {
      const int input = inputs_[i][k];
      const PortType wanted = types[std::min(k, types.size() - 1)];
      if (input < 0 || takes(wanted, draft(input).kind->output)) continue;
      add(self.from_places[k], "'" + self.name + "' takes " + std::string(to_string(wanted)) + ", but '" +
                                   self.from[k] + "' gives " +
                                   std::string(to_string(draft(input).kind->output)));
    }
  }

  // Inputs before consumers, otherwise in the file's order. False where there is a cycle.
  bool order() {
    std::set<std::size_t> done;
    bool moved = true;
    while (moved) {
      moved = false;
      for (std::size_t i = 0; i < drafts_.size(); ++i) {
        const bool ready = std::all_of(inputs_[i].begin(), inputs_[i].end(), [&](int input) {
          return input < 0 || done.contains(static_cast<std::size_t>(input));
        });
        if (done.contains(i) || !ready) continue;
        done.insert(i);
        order_.push_back(i);
        moved = true;
      }
    }
    if (order_.size() == drafts_.size()) return true;
    report_cycle(done);
    return false;
  }

  void report_cycle(const std::set<std::size_t>& done) {
    std::size_t at = 0;
    while (done.contains(at)) ++at;
    std::vector<std::size_t> path;
    // Every node left has an input that is left too, so going back from one comes round.
    while (std::find(path.begin(), path.end(), at) == path.end()) {
      path.push_back(at);
      for (const int input : inputs_[at]) {
        if (input >= 0 && !done.contains(static_cast<std::size_t>(input)))
          at = static_cast<std::size_t>(input);
      }
    }
    std::string text = "'" + drafts_[at].name + "'";
    for (auto node = path.rbegin(); node != path.rend(); ++node) {
      text += " → '" + drafts_[*node].name + "'";
      if (*node == at) break;
    }
    add(drafts_[at].place, text + " is a cycle, expected a graph without one");
  }

  // What leads to a result: sinks, scores, and all that they need.
  void find_needed() {
    for (auto i = order_.rbegin(); i != order_.rend(); ++i) {
      const PortType output = drafts_[*i].kind->output;
      const bool wanted = output == PortType::nothing || gives_results(*i) || needed_.contains(*i);
      if (!wanted) {
        warn(*i, "nothing reads '" + drafts_[*i].name + "', it is left out");
        continue;
      }
      needed_.insert(*i);
      for (const int input : inputs_[*i]) {
        if (input >= 0) needed_.insert(static_cast<std::size_t>(input));
      }
    }
    if (needed_.empty() && problems_.diagnostics().empty()) {
      add({}, "the graph gives no results, expected a network in it");
    }
  }

  void find_streams(std::size_t i) {
    NodeDraft& self = drafts_[i];
    uses_[i].name = self.name;
    uses_[i].place = self.place;
    if (!takes_packets(self)) {
      if (!inputs_[i].empty() && inputs_[i][0] >= 0) {
        const NodeUse& input = uses_[static_cast<std::size_t>(inputs_[i][0])];
        uses_[i].streams = input.streams;
        uses_[i].only = input.only;
      }
      check_same_streams(i);
      return;
    }
    std::vector<std::string> names;
    for (const StreamDescription& stream : description_.streams) names.push_back(stream.name);
    if (self.names_streams) uses_[i].only = self.streams;
    std::vector<StreamId>& streams = uses_[i].streams;
    for (const std::string& wanted : self.names_streams ? self.streams : names) {
      const auto found = std::find(names.begin(), names.end(), wanted);
      const auto id = static_cast<StreamId>(found - names.begin());
      if (left_out(wanted)) continue;
      if (found == names.end()) {
        add(self.place, "there is no stream '" + wanted + "'", config::did_you_mean(wanted, names));
      } else if (std::find(streams.begin(), streams.end(), id) != streams.end()) {
        add(self.place, "'" + self.name + "' names stream '" + wanted + "' twice, expected each once");
      } else {
        streams.push_back(id);
      }
    }
  }

  // Named rightly, and not this run's.
  bool left_out(const std::string& stream) const {
    const auto among = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), stream) != names.end();
    };
    return among(description_.passed_over) || among(description_.elsewhere);
  }

  // Where several inputs meet, each has to bring the same streams.
  void check_same_streams(std::size_t i) {
    for (const int input : inputs_[i]) {
      if (input < 0 || uses_[static_cast<std::size_t>(input)].streams == uses_[i].streams) continue;
      add(drafts_[i].place, "'" + drafts_[static_cast<std::size_t>(inputs_[i][0])].name + "' and '" +
                                draft(input).name + "' come from different streams, expected the same");
    }
  }

  void load() {
    for (const std::size_t i : order_) {
      NodeDraft& self = drafts_[i];
      if (!needed_.contains(i) || !self.node) continue;
      problems_.guard(self.place, [&] { self.node->load(uses_[i], problems_.diagnostics()); });
    }
  }

  // A node may rely on its inputs: that they were found, each of its type. Where that or its own options are
  // wrong it is not looked at further.
  void find_unsettled() {
    unsettled_ = wrong_;
    for (const std::size_t i : order_) {
      if (std::any_of(inputs_[i].begin(), inputs_[i].end(), [&](int input) {
            return input < 0 || unsettled_.contains(static_cast<std::size_t>(input));
          }))
        unsettled_.insert(i);
    }
  }

  void settle() {
    for (const std::size_t i : order_) {
      if (!needed_.contains(i) || unsettled_.contains(i)) continue;
      problems_.guard(drafts_[i].place,
                      [&] { drafts_[i].node->settle(uses_[i], neighbours(i), problems_.diagnostics()); });
      for (const std::string& warning : drafts_[i].node->warnings()) warn(i, warning);
    }
  }

  Node::Neighbours neighbours(std::size_t i) {
    Node::Neighbours around;
    for (const int input : inputs_[i]) {
      around.inputs.push_back(draft(input).node.get());
      around.input_names.push_back(draft(input).name);
    }
    for (const std::size_t other : order_) {
      const auto& from = inputs_[other];
      if (std::find(from.begin(), from.end(), static_cast<int>(i)) == from.end()) continue;
      around.consumers.push_back(drafts_[other].node.get());
      around.consumer_names.push_back(drafts_[other].name);
    }
    return around;
  }

  void describe() {
    std::map<int, int> places;
    std::set<StreamId> decoded;
    for (const std::size_t i : order_) {
      if (!needed_.contains(i) || unsettled_.contains(i)) continue;
      places[static_cast<int>(i)] = static_cast<int>(description_.nodes.size());
      NodeDescription& node = description_.nodes.emplace_back();
      node.kind = drafts_[i].kind;
      node.use = uses_[i];
      node.options = drafts_[i].options;
      node.node = drafts_[i].node;
      node.final_result = is_final(i);
      for (const int input : inputs_[i]) node.inputs.push_back(places.at(input));
      decoded.insert(uses_[i].streams.begin(), uses_[i].streams.end());
    }
    if (needed_.empty() || !unsettled_.empty()) return;
    for (std::size_t id = 0; id < description_.streams.size(); ++id) {
      const StreamDescription& stream = description_.streams[id];
      if (decoded.contains(static_cast<StreamId>(id))) continue;
      add(stream.place, "no decode node takes stream '" + stream.name + "', expected one");
    }
  }

  bool gives_results(std::size_t i) const { return takes(PortType::results, drafts_[i].kind->output); }

  // Where windows are results, too, becoming events takes nothing away.
  bool takes_over(std::size_t i) const {
    return gives_results(i) && !(description_.windows_too && drafts_[i].kind->output == PortType::events);
  }

  bool is_final(std::size_t i) const {
    if (!gives_results(i)) return false;
    return std::none_of(order_.begin(), order_.end(), [&](std::size_t other) {
      const auto& from = inputs_[other];
      return takes_over(other) && std::find(from.begin(), from.end(), static_cast<int>(i)) != from.end();
    });
  }

  void warn(std::size_t i, const std::string& what) {
    description_.warnings.push_back(config::to_string(drafts_[i].place) + ": warning: " + what);
  }

  void add(const config::Place& place, std::string message, const std::string& nearest = "") {
    problems_.diagnostics().add(place, std::move(message),
                                nearest.empty() ? "" : "did you mean '" + nearest + "'?");
  }

  std::vector<NodeDraft> drafts_;
  std::set<std::string> unknown_;  // nodes whose kind could not be read: told of already
  PipelineDescription& description_;
  Problems& problems_;
  std::vector<std::vector<int>> inputs_;
  std::vector<std::size_t> order_;
  std::set<std::size_t> needed_;
  std::set<std::size_t> wrong_, unsettled_;
  std::map<std::size_t, NodeUse> uses_;
};

}  // namespace

void check_graph(std::vector<NodeDraft> drafts, PipelineDescription& description, Problems& problems) {
  GraphChecker(std::move(drafts), description, problems).run();
}

}  // namespace actionflow
