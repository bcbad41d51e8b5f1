// A long video of one person in one place who does several things, with idle time between them, as pictures.
//
// The person stays with one thing for a few movements, to and fro between the ends of its pair of actions;
// then the picture is cut to another. Between actions they stand or sit still, fidget, or begin an action and
// take it back: those belong to no class.
#pragma once

#include <memory>

#include "datasets/synthetic/film.h"

namespace actionflow {

class DrawnStream : public Film {
 public:
  // plan.seconds long; its action means nothing.
  explicit DrawnStream(const ClipPlan& plan);
  ~DrawnStream() override;

  int frames() const override;
  double frame_rate() const override;
  int quality() const override;
  const char* preset() const override;
  std::vector<FilmAction> actions() const override;
  std::vector<std::uint8_t> frame(int index) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
