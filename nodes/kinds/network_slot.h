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
#include "nodes/events/calibrated_options.h"
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
  // What the network says of a clip, as the graph passes it on: at the calibration's temperature, and whether
  // it is of no class, by the threshold of actions where the network says whether there is one.
  ClassScores calibrated(std::vector<float> probabilities, std::optional<Activity> activity) const;

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
  bool is_none(const ClassScores& scores) const;
  std::unique_ptr<Workspace> take();
  void give(std::unique_ptr<Workspace> workspace);

  const std::shared_ptr<const Network> network_;
  const std::optional<Calibration> calibration_;
  const std::shared_ptr<const EventCalibration> event_calibration_ =
      calibration_ && calibration_->events ? std::make_shared<const EventCalibration>(*calibration_->events)
                                           : nullptr;
  const EventOptions events_ = event_calibration_ ? calibrated_options(*event_calibration_) : EventOptions{};
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
