// What people do in the synthetic videos: seven actions and their reversals in time.
//
// The second of a pair is the first played backwards, things included, so that no single picture tells
// them apart.
#pragma once

#include <array>
#include <string_view>

#include "base/random.h"
#include "datasets/synthetic/people/pose.h"

namespace actionflow {

enum class ActionPair { sit, push, wave, throwing, opening, picking, arms };

struct Action {
  std::string_view name;
  ActionPair pair;
  bool reversed;
};

// In the order of their labels; partners are neighbours.
inline constexpr std::array<Action, 14> kActions{{
    {"sit_down", ActionPair::sit, false},
    {"stand_up", ActionPair::sit, true},
    {"push", ActionPair::push, false},
    {"pull", ActionPair::push, true},
    {"wave_left", ActionPair::wave, false},
    {"wave_right", ActionPair::wave, true},
    {"throw", ActionPair::throwing, false},
    {"catch", ActionPair::throwing, true},
    {"open", ActionPair::opening, false},
    {"close", ActionPair::opening, true},
    {"pick_up", ActionPair::picking, false},
    {"put_down", ActionPair::picking, true},
    {"raise_arms", ActionPair::arms, false},
    {"lower_arms", ActionPair::arms, true},
}};

constexpr std::size_t partner_of(std::size_t action) { return action ^ 1; }

enum class PropKind { none, chair, stool, crate, trolley, ball, bag, box, chest, cupboard, curtain, gate };

// How a thing moves with the hands: held between two phases, lying still before, flying or lying after.
struct Hold {
  double from = 0, to = 0;
  std::array<double, 2> hands{0, 0};  // how much each hand has of it; their sum is 1
  cv::Point3d offset{};               // from the hands
  cv::Point3d speed{};                // at the end, metres in one unit of phase
  double gravity = 0;                 // metres in one unit of phase squared
  double floor = -1;                  // y where the thing always stands, or -1
};

// One person's way of doing one pair's first action.
struct Choreography {
  KeyedMovement movement;
  PropKind prop = PropKind::none;
  Hold hold;
  double turn = 0;                 // of the whole scene about the vertical, radians
  double seconds = 2;              // from first to last phase at the usual speed
  cv::Point3d middle{0, 0.88, 0};  // what the camera looks at

  // Where the thing is that moves with the hands.
  cv::Point3d prop_at(double phase) const;
};

// `random` decides side, reach, tempo and which thing it is; gates stand outdoors, cupboards and curtains do
// not.
Choreography choreograph(ActionPair pair, Random random, bool outdoors);

// The hand's place on a thing that opens, by how far it is open.
cv::Point3d handle_of(PropKind prop, double opened);

}  // namespace actionflow
