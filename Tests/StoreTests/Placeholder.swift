//  stub
