//  Serve.swift · Serve
