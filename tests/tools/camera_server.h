// The real RTSP server of tests/tools/rtsp_server.cpp, started and stopped by a test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/tools/child_process.h"
#include "tests/tools/free_port.h"

namespace actionflow::testing {

// Listens when it is returned.
inline std::unique_ptr<ChildProcess> start_camera_server(int port) {
  auto server = std::make_unique<ChildProcess>(
      std::vector<std::string>{ACTIONFLOW_RTSP_SERVER, std::to_string(port)}, "/dev/null");
  const auto line = server->read_line(30);
  EXPECT_TRUE(line && *line == "ready") << "the RTSP server did not start";
  return server;
}

}  // namespace actionflow::testing
