// A person in a place, with the thing that one pair of actions needs: drawn at any phase of these.
#pragma once

#include <memory>
#include <opencv2/core.hpp>

#include "datasets/synthetic/drawing/film.h"
#include "datasets/synthetic/drawing/lens.h"
#include "datasets/synthetic/people/actions.h"
#include "datasets/synthetic/people/figure.h"
#include "datasets/synthetic/people/props.h"

namespace actionflow {

// How films of people are recorded.
inline constexpr double kPersonFrameRate = 25;
inline constexpr int kPersonQuality = 25;
inline constexpr const char* kPersonPreset = "veryfast";

// Who is seen, where, and by which camera: of a whole film.
struct PersonSetting {
  int width, height;
  Figure figure;
  Lens lens;
  cv::Mat background;
  bool outdoors;

  explicit PersonSetting(const ClipPlan& plan);
};

// Moves that belong to no action, added to the pose. Radians, metres.
struct Fidget {
  double turn = 0, lean = 0, nod = 0, shift = 0;
  std::array<cv::Point3d, 2> hands{};
};

class PersonStage {
 public:
  // `setting` must outlive it. Equal numbers give equal stages.
  PersonStage(const PersonSetting& setting, ActionPair pair, Random choreography, Random prop);

  const Choreography& choreography() const { return choreography_; }
  // `phase` from 0 to 1 is the pair's first action; `sway` in radians.
  cv::Mat draw(double phase, double sway, const Lens::Aim& aim, const Fidget& fidget = {}) const;

 private:
  void draw_scene(Canvas& canvas, double phase, double sway, const Fidget& fidget) const;

  const PersonSetting& setting_;
  Choreography choreography_;
  PropLook prop_;
};

}  // namespace actionflow
