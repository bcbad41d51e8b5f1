# The three OpenCV libraries in use, found without OpenCVConfig.cmake: Debian ships that file only with
# the package of all modules. Two are linked; the video module is opened while running
# (datasets/pictures/optical_flow.h), so only its headers and its presence are asked for here.
find_path(OpenCVParts_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(required OpenCVParts_INCLUDE_DIR)
foreach(part core imgproc video)
  find_library(OpenCVParts_${part} opencv_${part})
  list(APPEND required OpenCVParts_${part})
endforeach()
set(OpenCVParts_LIBRARIES ${OpenCVParts_core} ${OpenCVParts_imgproc} ${CMAKE_DL_LIBS})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS ${required})
if(OpenCVParts_FOUND AND NOT TARGET OpenCV::parts)
  add_library(OpenCV::parts INTERFACE IMPORTED)
  target_include_directories(OpenCV::parts SYSTEM INTERFACE ${OpenCVParts_INCLUDE_DIR})
  target_link_libraries(OpenCV::parts INTERFACE ${OpenCVParts_LIBRARIES})
endif()
