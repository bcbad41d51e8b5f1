// The network of a network node, which may be exchanged for another while the graph runs.
//
// Whoever works on a clip takes the network once and keeps to it for that clip; so an exchange falls between
// two clips, and the network that was there goes when its last clip is answered. All members may be called
// from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "models/network/network.h"
#include "models/weights/calibration.h"
#include "nodes/flow/item.h"

namespace actionflow {

// A network with as many workspaces as calls ran at once; a call borrows one.
class LoadedNetwork {
 public:
  LoadedNetwork(std::shared_ptr<const Network> network, std::optional<Calibration> calibration)
      : network_(std::move(network)),
        calibration_(std::move(calibration)),
        classes_(std::make_shared<const std::vector<std::string>>(network_->classes())) {}

  const Network& network() const { return *network_; }
  // The network's probabilities as the graph passes them on: at the calibration's temperature.
  ClassScores calibrated(std::vector<float> probabilities) const;

  template <class Call>
  auto with_workspace(Call&& call) {
    struct Borrowed {
      explicit Borrowed(LoadedNetwork& owner) : from(owner), workspace(owner.take()) {}
      ~Borrowed() { from.give(std::move(workspace)); }
      LoadedNetwork& from;
      std::unique_ptr<Workspace> workspace;
    } borrowed(*this);
    return call(*borrowed.workspace);
  }

 private:
  std::unique_ptr<Workspace> take();
  void give(std::unique_ptr<Workspace> workspace);

  const std::shared_ptr<const Network> network_;
  const std::optional<Calibration> calibration_;
  const ClassList classes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
};

class NetworkSlot {
 public:
  explicit NetworkSlot(std::shared_ptr<LoadedNetwork> loaded) : loaded_(std::move(loaded)) {}

  std::shared_ptr<LoadedNetwork> take() const;
  // Throws ModelError where the other network takes other clips or has other parts: then nothing is changed.
  // Its classes may be others.
  void exchange(std::shared_ptr<LoadedNetwork> other);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<LoadedNetwork> loaded_;
};

}  // namespace actionflow
